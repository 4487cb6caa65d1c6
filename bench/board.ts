/**
 * Frames a second of the board's page in a real Chromium, with 200 series and an hour of points each, while reports go on coming, looked at
 * and scrolled: as 200 metrics of one series, and as one metric of 200 lines, all of them shown.
 *
 *     npx tsx bench/board.ts
 */
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import type { Report } from '../exporters/reports/report.js';
import { buildPage, RunningBoard } from '../test/support/board.js';
import { boardReport, linesOf } from '../test/support/board-reports.js';
import { directory } from '../test/support/places.js';
import { startChromium } from '../test/support/servers/chromium.js';

const SERIES = 200;
const HOUR_MS = 3_600_000;
const STEP_MS = 10_000;
const MEASURED_MS = 8_000;
/** Pixels a second. */
const SPEEDS = { 'looked at': 0, scrolled: 600 };

const shapes: Readonly<Record<string, (series: number) => Partial<Report>>> = {
  '200 metrics': (series) => ({ name: `metric.${String(series).padStart(3, '0')}` }),
  '200 lines of one metric': (series) => ({ name: 'metric', tags: { series } }),
};

/** One interval of all series. */
function interval(at: number, shape: (series: number) => Partial<Report>): Report[] {
  const startTimestamp = new Date(at - STEP_MS);
  return Array.from({ length: SERIES }, (_, series) =>
    boardReport(at, {
      value: Math.round(50 + 40 * Math.sin(at / 600_000 + series) + 10 * Math.random()),
      startTimestamp,
      ...shape(series),
    }),
  );
}

/** Scrolls by so many pixels a second for a while. @returns frames a second, and the longest time between two in milliseconds. */
const measure = (page: Page, speed: number): Promise<{ frames: number; longest: number }> =>
  page.evaluate(`new Promise((resolve) => {
    const begin = performance.now();
    let last = begin;
    let count = 0;
    let longest = 0;
    const frame = (now) => {
      longest = Math.max(longest, now - last);
      last = now;
      count += 1;
      if (${speed} > 0) scrollTo(0, ((now - begin) / 1000) * ${speed});
      if (now - begin < ${MEASURED_MS}) requestAnimationFrame(frame);
      else resolve({ frames: (count * 1000) / (now - begin), longest });
    };
    requestAnimationFrame(frame);
  })`);

await buildPage();
const browser = await startChromium();
try {
  const blank = await browser.newPage({ viewport: { width: 1_440, height: 900 } });
  const { frames } = await measure(blank, 0);
  console.log(`an empty page: ${frames.toFixed(1)} frames a second`);
  await blank.close();
  for (const [name, shape] of Object.entries(shapes)) {
    const place = directory();
    const file = join(place.path, 'metrics.log');
    writeFileSync(file, '');
    const now = Date.now();
    for (let at = now - HOUR_MS + STEP_MS; at <= now; at += STEP_MS)
      appendFileSync(file, linesOf(interval(at, shape)));
    const board = new RunningBoard();
    await board.start([file, '--cells', place.path]);
    const coming = setInterval(
      () => appendFileSync(file, linesOf(interval(Date.now(), shape))),
      STEP_MS / 5,
    );
    const page = await browser.newPage({ viewport: { width: 1_440, height: 900 } });
    page.setDefaultTimeout(120_000);
    await page.goto(`${board.url}#range=1h`);
    await page.getByText('live', { exact: true }).waitFor();
    const more = page.getByRole('button', { name: 'others apart' });
    if (await more.first().isVisible()) await more.first().click();
    await page.waitForTimeout(3_000);
    for (const [how, speed] of Object.entries(SPEEDS)) {
      const { frames, longest } = await measure(page, speed);
      const rate = `${frames.toFixed(1)} frames a second, the longest took ${longest.toFixed(0)} ms`;
      console.log(`${name}, ${how}: ${rate}`);
    }
    clearInterval(coming);
    await page.close();
    await board.stop();
    place.discard();
  }
} finally {
  await browser.close();
}
