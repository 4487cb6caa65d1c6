import { expect } from 'chai';
import fc from 'fast-check';
import { INTERNALS } from '../../../../exporters/delivery/internals.js';
import type { Outcome } from '../../../../exporters/delivery/store.js';
import type { Report } from '../../../../exporters/reports/report.js';
import { plainReports } from '../../../conformance/suites/exporter.js';
import { settled, TestClock } from '../../../support/clock.js';
import { ScriptedExporter } from '../../../support/scripted-exporter.js';

/** A server's own answer that it failed. */
const failed = (status: number, text = 'could not process line data') =>
  Object.assign(new Error(`the store answers ${status}: ${text}`), { status });

/** An exporter whose store answers 500 to every batch with a poisonous report in it. */
function poisoned(poison: ReadonlySet<string>, status = 500) {
  const clock = new TestClock();
  const exporter = new ScriptedExporter(undefined, { batchSize: 100 }, { clock });
  const { store } = exporter;
  store.answer = async (reports) => {
    if (reports.some(({ id }) => poison.has(id))) throw failed(status);
    return store.keep(reports);
  };
  return { clock, exporter, store };
}

const idsOf = (reports: Iterable<Report>): string[] => [...reports].map(({ id }) => id);

/** Asserts that a batch of ten came again, never a part of it. */
function expectWhole(writes: readonly (readonly Report[])[]): void {
  expect(writes.length).to.be.above(5);
  expect(new Set(writes.map(({ length }) => length))).to.deep.equal(new Set([10]));
}

describe('A batch that fails again and again', () => {
  it('is narrowed down, so that the neighbours of a bad report are stored', async () => {
    const sent = plainReports(100);
    const { clock, exporter, store } = poisoned(new Set([sent[37]!.id]));
    exporter[INTERNALS].accept(sent);
    await clock.pass(5_000);
    expect(idsOf(store.reports.values()).sort()).to.deep.equal(
      idsOf(sent.filter((_, i) => i !== 37)).sort(),
    );
    expect(exporter.ledger()).to.deep.include({ accepted: 100, stored: 99, pending: 1 });
    expect(exporter.ledger().rejected).to.deep.equal({});
    expect(exporter.fault!.message).to.include('could not process line data');
    expect(store.writes.length).to.be.below(40);
    const later = plainReports(50);
    exporter[INTERNALS].accept(later);
    await clock.pass(1_000);
    expect(exporter.ledger()).to.include({ stored: 149, pending: 1 });
  });

  it('is found wherever the bad reports stand, however many they are', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 2, max: 60 }),
        fc.array(fc.nat(59), { maxLength: 20 }),
        async (count, positions) => {
          const sent = plainReports(count);
          const bad = new Set(positions.filter((at) => at < count).map((at) => sent[at]!.id));
          const { clock, exporter, store } = poisoned(bad);
          exporter[INTERNALS].accept(sent);
          await clock.pass(600_000);
          const good = count - bad.size;
          if (good > 0) expect(store.reports.size).to.equal(good);
          expect(exporter.ledger()).to.deep.include({ stored: good, pending: bad.size });
          expect(exporter.ledger().rejected).to.deep.equal({});
        },
      ),
      { numRuns: 15 },
    );
  });

  it('of one bad report alone lets later reports pass', async () => {
    const [bad, ...good] = plainReports(20);
    const { clock, exporter } = poisoned(new Set([bad!.id]));
    exporter[INTERNALS].accept([bad!]);
    await clock.pass(2_000);
    exporter[INTERNALS].accept(good);
    await clock.pass(60_000);
    expect(exporter.ledger()).to.include({ stored: 19, pending: 1 });
  });

  it('costs at most two requests a try while everything fails, and rejects nothing', async () => {
    const sent = plainReports(100);
    const { clock, exporter, store } = poisoned(new Set(idsOf(sent)));
    exporter[INTERNALS].accept(sent);
    await clock.pass(3_600_000);
    // Half a minute lies between two tries.
    expect(store.writes.length).to.be.below(300);
    expect(exporter.ledger()).to.deep.include({ stored: 0, pending: 100, rejected: {} });
    store.answer = undefined;
    await clock.pass(40_000);
    expect(exporter.ledger()).to.include({ stored: 100, pending: 0 });
    expect(idsOf(store.reports.values()).sort()).to.deep.equal(idsOf(sent).sort());
  });

  for (const status of [429, 502, 503, 504]) {
    it(`comes again whole while the store answers ${status}`, async () => {
      const sent = plainReports(10);
      const { clock, exporter, store } = poisoned(new Set(idsOf(sent)), status);
      exporter[INTERNALS].accept(sent);
      await clock.pass(600_000);
      expectWhole(store.writes);
    });
  }

  it('comes again whole while the store is not reached', async () => {
    const { clock, exporter, store } = poisoned(new Set());
    store.answer = undefined;
    store.state = 'down';
    exporter[INTERNALS].accept(plainReports(10));
    await clock.pass(600_000);
    expectWhole(store.writes);
  });
});

describe('A store with too little room for a batch', () => {
  it('gets all reports within seconds, as it takes a few at each write', async () => {
    const clock = new TestClock();
    const exporter = new ScriptedExporter(undefined, { batchSize: 100 }, { clock });
    const { store } = exporter;
    store.answer = async (reports) => {
      store.keep(reports.slice(0, 10));
      return reports.map((_, i): Outcome => (i < 10 ? 'stored' : 'retry'));
    };
    exporter[INTERNALS].accept(plainReports(100));
    await clock.pass(5_000);
    expect(store.reports.size).to.equal(100);
    expect(exporter.ledger()).to.include({ stored: 100, pending: 0 });
    expect(store.writes).to.have.lengthOf(10);
  });

  it('does not keep back the others behind the one that it never takes', async () => {
    const clock = new TestClock();
    const exporter = new ScriptedExporter(undefined, { batchSize: 100 }, { clock });
    const { store } = exporter;
    const sent = plainReports(200);
    store.answer = async (reports) => {
      const taken = new Set(reports.filter(({ id }) => id !== sent[0]!.id).slice(0, 10));
      store.keep([...taken]);
      return reports.map((report): Outcome => (taken.has(report) ? 'stored' : 'retry'));
    };
    exporter[INTERNALS].accept(sent);
    await clock.pass(20_000);
    expect(store.reports.size).to.equal(199);
    expect(exporter.ledger()).to.include({ stored: 199, pending: 1 });
  });
});

describe('A report that was put aside', () => {
  it('is stored as soon as the store takes it', async () => {
    const sent = plainReports(10);
    const poison = new Set([sent[3]!.id]);
    const { clock, exporter } = poisoned(poison);
    exporter[INTERNALS].accept(sent);
    await clock.pass(5_000);
    expect(exporter.ledger()).to.include({ stored: 9, pending: 1 });
    poison.clear();
    await clock.pass(15_000);
    expect(exporter.ledger()).to.include({ stored: 10, pending: 0 });
    expect(exporter.fault).to.equal(undefined);
  });

  it('is tried at once by a flush, which says why it is not stored', async () => {
    const sent = plainReports(10);
    const { clock, exporter, store } = poisoned(new Set([sent[3]!.id]));
    exporter[INTERNALS].accept(sent);
    await clock.pass(5_000);
    const before = store.writes.length;
    const flushed = exporter.forceFlush({ timeout: 1_000 }).catch((error: Error) => error);
    await settled();
    expect(store.writes.length).to.equal(before + 1);
    await clock.pass(1_000);
    const error = (await flushed) as Error;
    expect(error).to.have.property('code', 'KANEDA_DEADLINE');
    expect((error.cause as Error).message).to.include('could not process line data');
  });

  it('is rejected with its reason after ten tries, if others were stored between them', async () => {
    const sent = plainReports(10);
    const { clock, exporter } = poisoned(new Set([sent[3]!.id]));
    exporter[INTERNALS].accept(sent);
    for (let minute = 0; minute < 120; minute++) {
      exporter[INTERNALS].accept(plainReports(1));
      await clock.pass(60_000);
    }
    const { rejected, pending, stored } = exporter.ledger();
    expect({ pending, stored }).to.deep.equal({ pending: 0, stored: 129 });
    expect(rejected).to.deep.equal({
      'kept failing: the store answers 500: could not process line data': 1,
    });
  });

  it('stays pending for ever while nothing else is stored', async () => {
    const sent = plainReports(10);
    const { clock, exporter } = poisoned(new Set([sent[3]!.id]));
    exporter[INTERNALS].accept(sent);
    await clock.pass(100 * 3_600_000);
    expect(exporter.ledger()).to.deep.include({ stored: 9, pending: 1, rejected: {} });
  });

  it('may be one for which the store itself asks to try again', async () => {
    const clock = new TestClock();
    const exporter = new ScriptedExporter(undefined, { batchSize: 10 }, { clock });
    const { store } = exporter;
    const sent = plainReports(30);
    store.answer = async (reports) => {
      store.keep(reports.filter(({ id }) => id !== sent[4]!.id));
      return reports.map(({ id }): Outcome => (id === sent[4]!.id ? 'retry' : 'stored'));
    };
    exporter[INTERNALS].accept(sent);
    await clock.pass(60_000);
    expect(exporter.ledger()).to.include({ stored: 29, pending: 1 });
  });

  it('gives way to others when a thousand are aside', async () => {
    const clock = new TestClock();
    const exporter = new ScriptedExporter(undefined, { batchSize: 50 }, { clock });
    const { store } = exporter;
    store.answer = async (reports) => {
      if (reports.some(({ value }) => value === -1)) throw failed(500);
      return store.keep(reports);
    };
    let good = 0;
    for (let second = 0; second < 130; second++) {
      exporter[INTERNALS].accept(
        plainReports(20).map((report, i) => (i < 10 ? { ...report, value: -1 } : report)),
      );
      good += 10;
      await clock.pass(1_000);
    }
    await clock.pass(60_000);
    expect(store.reports.size).to.equal(good);
    const { stored, pending, rejected } = exporter.ledger();
    expect(stored).to.equal(good);
    expect(pending).to.be.at.most(1_000);
    expect(pending + Object.values(rejected)[0]!).to.equal(1_300);
  }).timeout(120_000);
});
