import { type Browser, chromium } from 'playwright-core';
import { fromApt } from './install.js';

/** The program, installed if need be. */
export function chromiumProgram(): Promise<string> {
  return fromApt('chromium', 'chromium', 'chromium');
}

/**
 * A Chromium without a window: of `TEST_CHROMIUM_URL` (its address for debugging), else of this machine.
 * @throws UnavailableError where there is none
 */
export async function startChromium(): Promise<Browser> {
  const url = process.env.TEST_CHROMIUM_URL;
  if (url !== undefined && url !== '') return chromium.connectOverCDP(url);
  // Containers have no user namespaces for its sandbox, and little shared memory.
  const args = ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'];
  return chromium.launch({ executablePath: await chromiumProgram(), args });
}
