import { appendFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { buildPage, RunningBoard } from '../support/board.js';
import { boardReport, boardTiming, linesOf } from '../support/board-reports.js';
import { Child } from '../support/children.js';
import { directory } from '../support/places.js';
import { startChromium } from '../support/servers/chromium.js';
import { orSkip } from '../support/servers/server.js';

const STEP_MS = 10_000;
const MINUTES = 10;
const HOSTILE = '<img src=x onerror="document.title=\'hacked\'">';

describe('kaneda board in a browser', function () {
  this.timeout(120_000);
  let browser: Browser;
  let place: ReturnType<typeof directory>;
  let file: string;
  let board: RunningBoard;
  let pages: Page[] = [];
  let faults: string[] = [];

  const start = async (content: string) => {
    place = directory();
    file = join(place.path, 'metrics.log');
    writeFileSync(file, content);
    board = new RunningBoard();
    await board.start([file, '--cells', place.path]);
  };
  const end = async () => {
    await board?.stop();
    place?.discard();
  };
  before(async function () {
    browser = await orSkip(this, startChromium);
    await buildPage();
  });
  after(() => browser?.close());
  afterEach(async () => {
    await Promise.all(pages.map((page) => page.context().close()));
    const found = faults;
    pages = [];
    faults = [];
    expect(found).to.deep.equal([]);
  });

  const open = async (options: BrowserContextOptions = {}, path = ''): Promise<Page> => {
    const context = await browser.newContext(options);
    const page = await context.newPage();
    page.setDefaultTimeout(60_000);
    pages.push(page);
    // A violation of the policy is an error of the console too.
    page.on('console', (message) => {
      const fault = message.type() === 'error' && !message.text().includes('ERR_CONNECTION');
      if (fault) faults.push(message.text());
    });
    page.on('pageerror', (error) => faults.push(String(error)));
    page.on('request', (request) => {
      if (!request.url().startsWith(board.url)) faults.push(`asked for ${request.url()}`);
    });
    await page.goto(board.url + path);
    return page;
  };
  const card = (page: Page, name: string) => page.locator('.card', { hasText: name });
  const totals = (page: Page, name: string) => card(page, name).locator('.totals');

  describe('over the file of a program that ran for a moment', () => {
    const second = Math.floor(Date.now() / 1_000) * 1_000;
    before(() =>
      start(
        linesOf([
          boardReport(second, { name: 'at.once', value: 3 }),
          boardReport(second + 100, { name: 'soon.after', value: 4 }),
        ]),
      ),
    );
    after(end);

    it('draws what was counted', async () => {
      const page = await open();
      for (const [name, rate] of [
        ['at.once', '3/s'],
        ['soon.after', '4/s'],
      ] as const) {
        await card(page, name).locator('.legend').getByText(rate, { exact: true }).waitFor();
        expect(await drawnColors(card(page, name)), name).to.be.above(3);
      }
    });
  });

  describe('over a file that stays as it is', () => {
    before(() => start(linesOf(recorded(Date.now()))));
    after(end);

    it('draws what was recorded: rates, percentiles, gauges with their units, and events', async () => {
      const page = await open();
      await totals(page, 'user.signup').getByText('1,200', { exact: true }).waitFor();
      expect(await totals(page, 'user.signup').innerText()).to.match(/rate\s+2\.0\d*\/s/);
      const timing = await totals(page, 'page.load').innerText();
      expect(timing)
        .to.match(/p50\s+(9\.\d+|10(\.\d)?) ms/)
        .and.match(/p99\s+99(\.\d)? ms/);
      expect(await totals(page, 'process.memory').innerText()).to.match(/64 MiB – 96 MiB/);
      expect(await page.locator('#event-rows').innerText()).to.contain('version 2 to web-1');
      for (const name of ['user.signup', 'page.load', 'process.memory'])
        expect(await drawnColors(card(page, name)), name).to.be.above(3);
    });

    it('shows hostile names as they are written', async () => {
      const page = await open();
      await page.locator('.card h2', { hasText: HOSTILE }).waitFor();
      expect(await page.locator('.legend', { hasText: HOSTILE }).count()).to.be.above(0);
      expect(await page.locator('img').count()).to.equal(0);
      expect(await page.title()).to.equal('kaneda board');
    });

    it('parts a metric by a tag that is chosen', async () => {
      const page = await open();
      await card(page, 'page.load').getByLabel('Lines').selectOption('by route');
      const legend = card(page, 'page.load').locator('.legend');
      await legend.getByText('/slow').waitFor();
      expect(await legend.innerText()).to.match(
        /\/\s+(9\.\d+|10(\.\d)?) ms\s+\/slow\s+(9|10)\d(\.\d)? ms/,
      );
    });

    it('is used by the keyboard alone', async () => {
      const page = await open();
      await card(page, 'page.load').waitFor();
      await page.keyboard.press('/');
      await page.keyboard.type('signup');
      await card(page, 'page.load').waitFor({ state: 'detached' });
      // Before it is drawn, a chart has no values to read.
      await card(page, 'user.signup').locator('canvas').waitFor();
      await page.keyboard.press('Tab');
      expect(await focused(page)).to.contain('Theme');
      await page.keyboard.press('Tab');
      expect(await focused(page)).to.contain('chart');
      for (let i = 0; i < 5; i++) await page.keyboard.press('ArrowLeft');
      await page
        .locator('#said')
        .getByText(/^\d\d:\d\d:\d\d, plan=free/)
        .waitFor({ state: 'attached' });
      const before = await page.locator('#said').textContent();
      await page.keyboard.press('Home');
      expect(await page.locator('#said').textContent()).not.to.equal(before);
      await page.keyboard.press('/');
      await page.keyboard.press('Escape');
      await card(page, 'page.load').waitFor();
      await page.keyboard.press('Shift+Tab');
      await page.keyboard.press('ArrowRight');
      expect(await page.evaluate('location.hash')).to.equal('#range=15m');
    });

    it('keeps the range and the filter over a reload', async () => {
      const page = await open({}, '#range=1h&filter=signup');
      await card(page, 'user.signup').waitFor();
      await page.reload();
      await card(page, 'user.signup').waitFor();
      expect(await page.locator('.card').count()).to.equal(1);
      expect(await page.getByRole('radio', { name: '1 h', exact: true }).isChecked()).to.equal(
        true,
      );
    });

    it('fits a phone of 360 pixels', async () => {
      const page = await open({ viewport: { width: 360, height: 740 }, hasTouch: true });
      await page.locator('#event-rows').getByText('version 2').waitFor();
      expect(await page.evaluate('document.documentElement.scrollWidth')).to.equal(360);
      expect(
        await page.evaluate(
          'Math.min(...[...document.querySelectorAll("button:not([hidden]), select:not([hidden])")].map((one) => one.offsetHeight))',
        ),
      ).to.be.at.least(40);
    });

    it('is dark or light as the system is, or as the user wants', async () => {
      const page = await open({ colorScheme: 'dark' });
      const background = () => page.evaluate('getComputedStyle(document.body).backgroundColor');
      await card(page, 'page.load').waitFor();
      expect(await background()).to.equal('rgb(13, 17, 23)');
      await page.emulateMedia({ colorScheme: 'light' });
      await page.waitForFunction(
        'getComputedStyle(document.body).backgroundColor === "rgb(244, 246, 248)"',
      );
      await page.getByRole('button', { name: 'Theme: auto' }).click();
      await page.getByRole('button', { name: 'Theme: light' }).click();
      expect(await background()).to.equal('rgb(13, 17, 23)');
      await page.reload();
      await page.getByRole('button', { name: 'Theme: dark' }).waitFor();
      expect(await background()).to.equal('rgb(13, 17, 23)');
    });
  });

  describe('over what changes', () => {
    beforeEach(() => start(linesOf(recorded(Date.now()))));
    afterEach(end);

    it('shows within seconds what is recorded while it is open', async () => {
      const page = await open();
      await totals(page, 'user.signup').getByText('1,200', { exact: true }).waitFor();
      appendFileSync(
        file,
        linesOf([
          boardReport(Date.now(), { value: 34 }),
          boardReport(Date.now(), { name: 'new.metric', value: 5 }),
        ]),
      );
      await totals(page, 'user.signup').getByText('1,234', { exact: true }).waitFor();
      await card(page, 'new.metric').waitFor();
    });

    it('says that the store went away, keeps what it has, and goes on when it is back', async () => {
      const page = await open();
      await totals(page, 'user.signup').getByText('1,200', { exact: true }).waitFor();
      renameSync(file, `${file}.away`);
      await page.getByRole('alert').getByText('cannot be read').waitFor();
      expect(await totals(page, 'user.signup').innerText()).to.contain('1,200');
      renameSync(`${file}.away`, file);
      appendFileSync(file, linesOf([boardReport(Date.now(), { value: 1 })]));
      await totals(page, 'user.signup').getByText('1,201', { exact: true }).waitFor();
      await page.getByRole('alert').waitFor({ state: 'hidden' });
    });

    it('says that kaneda board itself was ended, and goes on with the next one', async () => {
      const page = await open();
      await totals(page, 'user.signup').getByText('1,200', { exact: true }).waitFor();
      const port = Number(new URL(board.url).port);
      expect(await board.stop()).to.equal(0);
      await page.getByRole('alert').getByText('does not answer').waitFor();
      appendFileSync(file, linesOf([boardReport(Date.now(), { value: 1 })]));
      await board.start([file], {}, port);
      await totals(page, 'user.signup').getByText('1,201', { exact: true }).waitFor();
      await page.getByRole('alert').waitFor({ state: 'hidden' });
    });

    it('shows the cells of running processes: counters, states, forks', async () => {
      const child = new Child('serve.ts', [join(place.path, 'cells'), 'work']);
      try {
        await child.printed(/ready/);
        const page = await open();
        const process = page.locator('.process', { hasText: join(place.path, 'cells') });
        await process.getByText(`process ${child.pid}`).waitFor();
        await process.getByText('running').waitFor();
        await process
          .locator('.row', { hasText: 'main.ticks' })
          .getByText(/[\d.]+k?\/s$/)
          .waitFor();
        expect(await process.locator('.row', { hasText: 'loop' }).innerText()).to.match(
          /idle\s+for \d/,
        );
        await process.locator('.fork').getByText('idle').waitFor();
        await child.end();
        await process.getByText('dead', { exact: true }).waitFor();
      } finally {
        await child.end();
      }
    });

    it('says what to do where nothing was recorded', async () => {
      writeFileSync(file, '');
      const page = await open();
      await page.getByText('Nothing was recorded in this time').waitFor();
      expect(await page.locator('#empty').innerText()).to.contain('metrics.increment(');
    });
  });
});

/** Ten minutes of a small application. */
function recorded(now: number) {
  const reports = [];
  for (let at = now - MINUTES * 60_000 + STEP_MS; at <= now; at += STEP_MS) {
    const startTimestamp = new Date(at - STEP_MS);
    reports.push(
      boardReport(at, { value: 20, tags: { plan: 'free' }, startTimestamp }),
      boardTiming(at, new Array(90).fill(0.01), {
        name: 'page.load',
        tags: { route: '/' },
        startTimestamp,
      }),
      boardTiming(at, new Array(10).fill(0.1), {
        name: 'page.load',
        tags: { route: '/slow' },
        startTimestamp,
      }),
      boardReport(at, { name: 'process.memory', metric: 'gauge', unit: 'By', value: 64 * 2 ** 20 }),
      boardReport(at, {
        name: 'process.memory',
        metric: 'gauge',
        unit: 'By',
        value: 96 * 2 ** 20,
        instance: 'web-1:4712',
      }),
      boardReport(at, { name: HOSTILE, value: 1, tags: { [HOSTILE]: HOSTILE } }),
    );
  }
  reports.push(
    boardReport(now - 60_000, { name: 'deploy', metric: 'event', value: 'version 2 to web-1' }),
  );
  return reports;
}

/** The number of different colours on a card's canvas. */
function drawnColors(card: ReturnType<Page['locator']>): Promise<number> {
  return card.locator('canvas').evaluate((element) => {
    const canvas = element as unknown as {
      width: number;
      height: number;
      getContext(kind: '2d'): { getImageData(...box: number[]): { data: Uint8ClampedArray } };
    };
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    const colors = new Set<number>();
    for (let i = 0; i < data.length; i += 4)
      if (data[i + 3]! > 200)
        colors.add((data[i]! >> 4) * 256 + (data[i + 1]! >> 4) * 16 + (data[i + 2]! >> 4));
    return colors.size;
  });
}

const focused = (page: Page): Promise<string> =>
  page.evaluate(
    '`${document.activeElement.tagName} ${document.activeElement.className} ${document.activeElement.textContent}`',
  );
