import { expect } from 'chai';
import { Metrics } from '../../../../src/index.js';
import { expectBalanced } from '../../../conformance/suites/exporter.js';
import { directory } from '../../../support/places.js';
import { ScriptedExporter, ScriptedStore } from '../../../support/scripted-exporter.js';
import { until } from '../../../support/until.js';

const HOUR_MS = 3_600_000;
const SERIES = 10_000;
/** Room for a few hundred of the reports. */
const MAX_BYTES = 262_144;

describe('a collection that is larger than the outbox', function () {
  this.timeout(120_000);
  const place = directory();
  after(() => place.discard());

  let metrics: Metrics | undefined;
  afterEach(() => metrics?.close({ timeout: 1_000 }));

  function record(exporter: ScriptedExporter): Metrics {
    metrics = new Metrics({ backend: exporter, exportInterval: HOUR_MS, tagLimit: SERIES });
    for (let i = 0; i < SERIES; i++) metrics.increment('seen', { user: `u${i}` });
    return metrics;
  }

  for (const [where, options] of [
    ['memory', { maxBytes: MAX_BYTES }],
    ['a directory', { maxBytes: MAX_BYTES, directory: place.path }],
  ] as const) {
    it(`waits for room in ${where} while the store takes reports, so that all of it is stored`, async () => {
      const exporter = new ScriptedExporter(undefined, { outbox: options });

      await record(exporter).flush();

      expect(exporter.store.reports.size).to.equal(SERIES);
      expect(exporter.ledger()).to.deep.include({ stored: SERIES, dropped: {} });
    });
  }

  it('waits for nothing where the store takes no reports: the oldest make room', async () => {
    const exporter = new ScriptedExporter(undefined, { outbox: { maxBytes: MAX_BYTES } });
    exporter.store.state = 'down';
    const recorded = record(exporter);
    const flushed = recorded.flush();
    await until(() => exporter.ledger().accepted === SERIES);
    exporter.store.state = 'up';
    await flushed;

    const { stored, dropped } = exporter.ledger();
    expectBalanced(exporter.ledger());
    expect(stored).to.equal(exporter.store.reports.size).and.to.be.above(100);
    expect(dropped['outbox full']).to.equal(SERIES - stored);
  });

  it('waits while the store is busy for a moment', async () => {
    const store = new ScriptedStore();
    let writes = 0;
    store.answer = async (reports) => {
      if ([3, 4, 9].includes(++writes)) throw new Error('busy');
      return store.keep(reports);
    };
    const exporter = new ScriptedExporter(store, { outbox: { maxBytes: MAX_BYTES } });

    await record(exporter).flush();

    expect(store.reports.size).to.equal(SERIES);
    expect(exporter.ledger()).to.deep.include({ stored: SERIES, dropped: {} });
  });

  it('is counted to the end where the exporter closes meanwhile', async () => {
    const exporter = new ScriptedExporter(undefined, { outbox: { maxBytes: MAX_BYTES } });
    exporter.store.state = 'silent';
    const recorded = record(exporter);

    await recorded.close({ timeout: 2_000 });

    await until(() => exporter.ledger().accepted === SERIES);
    expectBalanced(exporter.ledger());
    const { accepted, pending, dropped } = exporter.ledger();
    expect({ accepted, pending }).to.deep.equal({ accepted: SERIES, pending: 0 });
    expect(dropped).to.include.keys('closed', 'deadline at close');
  });
});
