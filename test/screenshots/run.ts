import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { buildPage, RunningBoard } from '../support/board.js';
import { linesOf } from '../support/board-reports.js';
import { sampleShop } from '../support/board-sample.js';
import { Child } from '../support/children.js';
import { directory } from '../support/places.js';
import { startChromium } from '../support/servers/chromium.js';

/** `npm run screenshots`: draws docs/images/board-*.png, of a shop that comes out the same each time. */
const FOLDER = 'docs/images';
const MINUTES = 60;

const place = directory();
const file = join(place.path, 'metrics.log');
writeFileSync(file, linesOf(sampleShop(Date.now(), MINUTES)));
const shop = new Child('shop.ts', [join(place.path, 'shop')]);
const board = new RunningBoard();
let browser: Browser | undefined;
try {
  mkdirSync(FOLDER, { recursive: true });
  await buildPage();
  await shop.printed(/ready/);
  await board.start(['metrics.log', '--cells', '.'], {}, 0, place.path);
  browser = await startChromium();
  const wide = { viewport: { width: 1300, height: 450 } };
  await shoot('board-light', { ...wide, colorScheme: 'light' });
  await shoot('board-dark', { ...wide, colorScheme: 'dark' });
  await shoot(
    'board-phone',
    { viewport: { width: 360, height: 780 }, colorScheme: 'light' },
    (page) => page.locator('.card', { hasText: 'http.server.duration' }).scrollIntoViewIfNeeded(),
  );
} finally {
  await browser?.close();
  await board.stop();
  await shop.end();
  place.discard();
}

async function shoot(
  name: string,
  options: BrowserContextOptions,
  prepare: (page: Page) => Promise<void> = async () => {},
): Promise<void> {
  const page = await browser!.newPage(options);
  await page.goto(board.url);
  await page.getByText('live', { exact: true }).waitFor();
  await page.locator('.process .fork').waitFor();
  await prepare(page);
  // Rates need two readings of the cells.
  await page.locator('.process').getByText('each', { exact: false }).waitFor();
  await page.waitForTimeout(2_500);
  await page.screenshot({ path: join(FOLDER, `${name}.png`) });
  await page.close();
  console.log(`${FOLDER}/${name}.png`);
}
