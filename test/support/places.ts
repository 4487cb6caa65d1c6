import { chmodSync, existsSync, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DiagLogger, DiagLogLevel, diag } from '@opentelemetry/api';

const MEMORY = '/dev/shm';
/** More than cells grow to. */
const ROOM_BYTES = 48 * 2 ** 20;

/** Containers give it little room, or none. */
function hasMemory(): boolean {
  if (!existsSync(MEMORY)) return false;
  const { bavail, bsize } = statfsSync(MEMORY);
  return bavail * bsize >= ROOM_BYTES;
}

/** A directory for a test's files, in memory where there is room; `discard` removes it. */
export function directory(): { path: string; discard(): void } {
  const path = mkdtempSync(join(hasMemory() ? MEMORY : tmpdir(), 'kaneda-test-'));
  return {
    path,
    discard: () => {
      chmodSync(path, 0o700);
      rmSync(path, { recursive: true, force: true });
    },
  };
}

/** What is said through `diag` while `work` runs. */
export function said(work: () => void): string[] {
  const lines: string[] = [];
  const hear = (message: string, ...rest: unknown[]): void =>
    void lines.push([message, ...rest].join(' '));
  const logger: DiagLogger = {
    error: hear,
    warn: hear,
    info: () => {},
    debug: () => {},
    verbose: () => {},
  };
  diag.setLogger(logger, { logLevel: DiagLogLevel.ALL, suppressOverrideMessage: true });
  try {
    work();
  } finally {
    diag.disable();
  }
  return lines;
}
