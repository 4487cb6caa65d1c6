import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { clearLanes, type Lane, lane, makeWorkshop } from './lanes.js';

/** The settings of each program. */
const LOG_FILE = { KANEDA_BACKEND: 'logger', KANEDA_LOGGER_FILENAME: 'metrics.log' };

describe('several copies of the package in one process', function () {
  this.timeout(120_000);
  let made: Lane;
  before(async () => {
    const { folder } = await makeWorkshop();
    made = await lane('copies');
    const library = 'node_modules/library';
    cpSync(
      join(folder, 'node_modules/kaneda-otel'),
      join(made.folder, library, 'node_modules/kaneda-otel'),
      { recursive: true },
    );
    for (const place of ['.', library]) {
      made.write(`${place}/load.mjs`, 'export const load = (entry) => import(entry);');
      made.write(`${place}/load.cjs`, 'exports.load = (entry) => require(entry);');
    }
    made.write('copies.mjs', COPIES);
  });
  after(clearLanes);

  const run = async (program: string): Promise<unknown> => {
    made.write('metrics.log', '');
    made.write('program.mjs', program);
    return JSON.parse(await made.run(process.execPath, ['program.mjs'], LOG_FILE));
  };
  const values = (name: string) =>
    made
      .reports()
      .filter((report) => report.name === name)
      .map(({ value }) => value);

  it('share the ready-made metrics', async () => {
    expect(await run(READY_MADE)).to.deep.equal({ classes: 4, stored: 1 });
    expect(values('orders')).to.deep.equal([4]);
  });

  it('use an exporter that another copy made, and close it with the last of them', async () => {
    expect(await run(ONE_EXPORTER)).to.deep.equal({ stored: 4, pending: 0 });
    expect(values('orders')).to.deep.equal([1, 1, 1, 1]);
    expect(new Set(made.reports().map(({ id }) => id)).size).to.equal(4);
  });

  it("share the collection of Cantal's metrics", async () => {
    expect(await run(CANTAL)).to.deep.equal({
      codes: Array(3).fill('KANEDA_DUPLICATE_VALUE'),
      reused: ['1', '2', '3', '4'],
    });
  });

  it('have the same codes on their errors', async () => {
    expect(await run(ERRORS)).to.deep.equal(Array(4).fill('KANEDA_SETTINGS'));
  });

  it('lose nothing at the end, when a module that makes a Metrics is loaded twice', async () => {
    made.write('metrics.mjs', MODULE);
    expect(await run(LOADED_TWICE)).to.deep.equal({ same: false });
    expect(values('orders')).to.deep.equal([1, 1]);
  });
});

/** Gives an entry point four times: of the application's copy and of the library's, each as ESM and as CommonJS. */
const COPIES = `
import { load as esm } from './load.mjs';
import { load as cjs } from './load.cjs';
import { load as libraryEsm } from './node_modules/library/load.mjs';
import { load as libraryCjs } from './node_modules/library/load.cjs';
export const copies = (entry) => Promise.all([esm, cjs, libraryEsm, libraryCjs].map((load) => load(entry)));
`;

const READY_MADE = `
import { copies } from './copies.mjs';
const all = await copies('kaneda-otel');
for (const { metrics } of all) metrics.increment('orders');
await all[3].metrics.close();
const classes = new Set(all.map(({ Metrics }) => Metrics)).size;
console.log(JSON.stringify({ classes, stored: all[0].metrics.ledger().stored }));
`;

const ONE_EXPORTER = `
import { copies } from './copies.mjs';
const [, { LoggerExporter }] = await copies('kaneda-otel/exporters/logger');
const backend = new LoggerExporter({ filename: 'metrics.log' });
const all = (await copies('kaneda-otel')).map(({ Metrics }) => new Metrics({ backend }));
for (const metrics of all) {
  metrics.increment('orders');
  await metrics.close();
}
const { stored, pending } = backend.ledger();
console.log(JSON.stringify({ stored, pending }));
`;

const CANTAL = `
import { copies } from './copies.mjs';
const all = await copies('kaneda-otel/cantal');
const dimensions = { group: 'main_loop', metric: 'ticks' };
const first = new all[0].Counter(dimensions);
const codes = all.slice(1).map(({ Counter }) => {
  try {
    new Counter(dimensions);
  } catch ({ code }) {
    return code;
  }
});
const reused = all.map(({ Counter }) => {
  new Counter(dimensions, { reuse: true }).incr();
  return String(first.get());
});
console.log(JSON.stringify({ codes, reused }));
`;

const ERRORS = `
import { copies } from './copies.mjs';
const codes = (await copies('kaneda-otel')).map(({ Metrics }) => {
  try {
    new Metrics({ exportInterval: -1 });
  } catch ({ code }) {
    return code;
  }
});
console.log(JSON.stringify(codes));
`;

const MODULE = `
import { Metrics } from 'kaneda-otel';
import { LoggerExporter } from 'kaneda-otel/exporters/logger';
export const metrics = new Metrics({ backend: new LoggerExporter({ filename: 'metrics.log' }) });
`;

const LOADED_TWICE = `
const { metrics: one } = await import('./metrics.mjs');
const { metrics: other } = await import('./metrics.mjs?changed');
one.increment('orders');
other.increment('orders');
console.log(JSON.stringify({ same: one === other }));
`;
