import { expect } from 'chai';
import { INTERNALS } from '../../../../exporters/delivery/internals.js';
import { SplitError } from '../../../../exporters/errors.js';
import { plainReports } from '../../../conformance/suites/exporter.js';
import { TestClock } from '../../../support/clock.js';
import { ScriptedExporter } from '../../../support/scripted-exporter.js';

/** A store that takes so many reports at a time, and no report that is too large. */
function limited(most: number) {
  const clock = new TestClock();
  const exporter = new ScriptedExporter(undefined, { batchSize: 64 }, { clock });
  const { store } = exporter;
  const limit = { most };
  store.answer = async (reports) => {
    if (reports.length > limit.most || reports.some(({ value }) => value === 'huge'))
      throw new SplitError('too large');
    return store.keep(reports);
  };
  return { clock, exporter, store, limit };
}

/** Lets the exporter write until it has nothing left. */
async function drained(clock: TestClock, exporter: ScriptedExporter): Promise<void> {
  for (let i = 0; i < 1_000 && exporter.ledger().pending > 0; i++) await clock.pass(100);
}

describe('The size of batches', () => {
  it('grows again once a store takes more at a time', async () => {
    const { clock, exporter, store, limit } = limited(5);
    exporter[INTERNALS].accept(plainReports(200));
    await drained(clock, exporter);
    expect(store.reports.size).to.equal(200);
    limit.most = 1_000;
    exporter[INTERNALS].accept(plainReports(2_000));
    await drained(clock, exporter);
    expect(store.reports.size).to.equal(2_200);
    expect(exporter.ledger()).to.include({ stored: 2_200, pending: 0 });
    expect(store.writes.at(-2)!.length).to.equal(64);
  });

  it('is not that of one report for ever after one report that is too large alone', async () => {
    const { clock, exporter, store } = limited(1_000);
    const [huge, ...others] = plainReports(64);
    exporter[INTERNALS].accept([...others, { ...huge!, value: 'huge' }]);
    await drained(clock, exporter);
    expect(exporter.ledger().rejected).to.deep.equal({ 'too large': 1 });
    store.writes.length = 0;
    exporter[INTERNALS].accept(plainReports(2_000));
    await drained(clock, exporter);
    expect(store.reports.size).to.equal(2_063);
    expect(exporter.ledger()).to.include({ stored: 2_063, pending: 0 });
    expect(store.writes.at(-2)!.length).to.equal(64);
    expect(store.writes.length).to.be.below(60);
  });

  it('stays near what a store takes: few requests are refused', async () => {
    const { clock, exporter, store, limit } = limited(10);
    let refused = 0;
    const answer = store.answer!;
    store.answer = async (reports, context) => {
      if (reports.length > limit.most) refused++;
      return answer(reports, context);
    };
    exporter[INTERNALS].accept(plainReports(5_000));
    await drained(clock, exporter);
    expect(store.reports.size).to.equal(5_000);
    expect(exporter.ledger()).to.include({ stored: 5_000, pending: 0 });
    expect(refused).to.be.below(40);
    expect(store.writes.length).to.be.below(1_000);
  });
});
