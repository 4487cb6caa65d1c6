import { context, createContextKey } from '@opentelemetry/api';
import { expect } from 'chai';
import fc from 'fast-check';
import { INTERNALS } from '../../../exporters/delivery/internals.js';
import {
  ImproperlyConfiguredError,
  type Outcome,
  RejectedError,
  type Report,
  SettingsError,
  SplitError,
} from '../../../exporters/index.js';
import { ReportExporter } from '../../../exporters/report-exporter.js';
import { expectBalanced, plainReports } from '../../conformance/suites/exporter.js';
import { captureDiag } from '../../support/captured-diag.js';
import { settled, TestClock } from '../../support/clock.js';
import { eachScripted } from '../../support/each-scripted.js';
import { ScriptedExporter, ScriptedStore } from '../../support/scripted-exporter.js';

const down = (): never => {
  throw new Error('connection refused');
};
const valuesOf = (writes: readonly (readonly Report[])[]): unknown[][] =>
  writes.map((reports) => reports.map(({ value }) => value));

describe('an exporter', () => {
  let clock: TestClock;
  let store: ScriptedStore;
  const { make, check } = eachScripted((parts) => {
    ({ clock, store } = parts);
  });

  describe('writing', () => {
    it('goes batch by batch, one at a time, in order', async () => {
      const exporter = make({ batchSize: 3 });
      store.answer = async (reports) => {
        await settled();
        return store.keep(reports);
      };
      exporter[INTERNALS].accept(plainReports(4));
      exporter[INTERNALS].accept(plainReports(4).slice(2));
      await exporter.forceFlush();
      expect(valuesOf(store.writes)).to.deep.equal([
        [0, 1, 2],
        [3, 2, 3],
      ]);
      expect(store.overlap).to.equal(1);
      expect(store.connects).to.equal(1);
    });

    it('takes what it is handed without a callback too, also after the end', async () => {
      const exporter = make();
      for (const callback of [undefined, null, 5] as never[]) exporter.export([], callback);
      await exporter.shutdown();
      exporter.export([], undefined as never);
      expect(exporter.ledger()).to.include({ accepted: 0 });
    });

    it('keeps batches within their bytes', async () => {
      const exporter = make({}, { batchBytes: 2_000 });
      exporter[INTERNALS].accept(plainReports(10));
      await exporter.forceFlush();
      expect(store.writes.length).to.be.within(2, 5);
      expect(store.writes.flat()).to.have.lengthOf(10);
    });

    it('gathers a trickle, and does not wait for a full batch', async () => {
      const exporter = make({ batchSize: 10 });
      for (const report of plainReports(5)) {
        exporter[INTERNALS].accept([report]);
        await settled();
      }
      expect(valuesOf(store.writes)).to.deep.equal([[0]]);
      await clock.pass(100);
      expect(valuesOf(store.writes)).to.deep.equal([[0], [1, 2, 3, 4]]);
      exporter[INTERNALS].accept(plainReports(10));
      await settled();
      expect(store.writes).to.have.lengthOf(3);
    });

    it('makes no spans of what the client library sends', async () => {
      let suppressed: unknown;
      store.answer = async () => {
        suppressed = context
          .active()
          .getValue(createContextKey('OpenTelemetry SDK Context Key SUPPRESS_TRACING'));
        return undefined;
      };
      const { AsyncLocalStorage } = await import('node:async_hooks');
      const storage = new AsyncLocalStorage<ReturnType<typeof context.active>>();
      const manager = {
        active: () => storage.getStore() ?? context.active(),
        with: (active: never, run: () => unknown) => storage.run(active, run),
        bind: (_: never, target: never) => target,
        enable: () => manager,
        disable: () => manager,
      };
      context.setGlobalContextManager(manager as never);
      try {
        const exporter = make();
        exporter[INTERNALS].accept(plainReports(1));
        await exporter.forceFlush();
      } finally {
        context.disable();
      }
      expect(suppressed).to.equal(true);
    });
  });

  describe('when a write fails', () => {
    it('writes the same batch again first, with growing pauses', async () => {
      const exporter = make({ batchSize: 2 });
      const times: number[] = [];
      store.answer = async () => {
        times.push(clock.time);
        return times.length < 11 ? down() : undefined;
      };
      exporter[INTERNALS].accept(plainReports(2));
      await settled();
      exporter[INTERNALS].accept(plainReports(1));
      await clock.pass(400_000);
      const pauses = times.slice(1, 11).map((time, i) => time - times[i]!);
      expect(pauses).to.deep.equal([
        100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800, 25_600, 30_000,
      ]);
      const ids = store.writes[0]!.map(({ id }) => id);
      expect(store.writes).to.have.lengthOf(12);
      for (const reports of store.writes.slice(0, 11))
        expect(reports.map(({ id }) => id)).to.deep.equal(ids);
    });

    it('jitters its pauses between half and all', async () => {
      clock.chance = 0;
      const exporter = make();
      store.answer = down;
      exporter[INTERNALS].accept(plainReports(1));
      await clock.pass(49);
      expect(store.writes).to.have.lengthOf(1);
      await clock.pass(1);
      expect(store.writes).to.have.lengthOf(2);
    });

    it('writes again only what the store says is to be tried again', async () => {
      const exporter = make();
      store.answer = async (reports) =>
        store.writes.length === 1
          ? ['stored', 'retry', { rejected: 'no' }, 'retry']
          : store.keep(reports);
      exporter[INTERNALS].accept(plainReports(4));
      await settled();
      expect(exporter.ledger()).to.deep.include({ stored: 1, pending: 2, rejected: { no: 1 } });
      await clock.pass(1_000);
      expect(valuesOf(store.writes)).to.deep.equal([
        [0, 1, 2, 3],
        [1, 3],
      ]);
      expect(exporter.ledger()).to.include({ stored: 3, pending: 0 });
    });

    it('tries at once when somebody flushes, and at least each second while he waits', async () => {
      const exporter = make();
      store.answer = down;
      exporter[INTERNALS].accept(plainReports(1));
      await clock.pass(60_000);
      const before = store.writes.length;
      const flushed = exporter.forceFlush({ timeout: 10_000 }).catch((error: Error) => error);
      await settled();
      expect(store.writes).to.have.lengthOf(before + 1);
      await clock.pass(10_000);
      expect(store.writes.length).to.be.at.least(before + 10);
      expect(await flushed).to.include({ code: 'KANEDA_DEADLINE' });
    });

    it('says it once, and what stood in the way in the deadline’s cause', async () => {
      const messages = captureDiag();
      const exporter = make();
      store.answer = down;
      exporter[INTERNALS].accept(plainReports(1));
      const flushed = exporter.forceFlush({ timeout: 5_000 }).catch((error: Error) => error);
      await clock.pass(5_000);
      expect(((await flushed) as Error).cause)
        .to.be.an('error')
        .with.property('message', 'connection refused');
      expect(messages()).to.have.lengthOf(1);
      expect(messages()[0]).to.include('connection refused');
      expect(exporter.fault?.message).to.equal('connection refused');
    });

    it('takes a wrong number of outcomes for none, and says it once', async () => {
      const messages = captureDiag();
      const exporter = make();
      const answers: unknown[] = [
        ['stored'],
        ['stored', 'stored', 'stored'],
        'stored',
        ['stored', 'done'],
        [{ rejected: 1 }, 'stored'],
        null,
        // biome-ignore lint/suspicious/noSparseArray: what a store's list may lack
        [, 'stored'],
        new Array(2),
      ];
      store.answer = async () => answers.shift() as Outcome[];
      exporter[INTERNALS].accept(plainReports(2));
      await clock.pass(60_000);
      expect(exporter.ledger()).to.include({ stored: 2, pending: 0 });
      expect(store.writes).to.have.lengthOf(9);
      expect(messages().filter((message) => message.includes('outcomes'))).to.have.lengthOf(1);
    });

    it('treats a write that is no async function alike', async () => {
      const exporter = make();
      store.write = (reports) => {
        store.writes.push(reports);
        if (store.writes.length === 1) throw new Error('thrown at once');
        return undefined as never;
      };
      exporter[INTERNALS].accept(plainReports(1));
      await clock.pass(1_000);
      expect(exporter.ledger()).to.include({ stored: 1 });
    });

    it('keeps all pending when the configuration is wrong, says it once, and tries again slowly', async () => {
      const messages = captureDiag();
      const exporter = make();
      store.answer = async () => {
        throw new ImproperlyConfiguredError('wrong password');
      };
      exporter[INTERNALS].accept(plainReports(3));
      await clock.pass(59_000);
      expect(store.writes).to.have.lengthOf(1);
      await clock.pass(1_000);
      expect(store.writes).to.have.lengthOf(2);
      expect(exporter.ledger()).to.deep.include({ pending: 3, rejected: {} });
      expect(messages()).to.have.lengthOf(1);
    });
  });

  describe('when the store refuses a batch for good', () => {
    it('narrows it down to the culprits', async () => {
      const exporter = make();
      const bad = new Set([3, 4, 11]);
      store.answer = async (reports) => {
        if (reports.some(({ value }) => bad.has(value as number)))
          throw new RejectedError('unloved');
        return store.keep(reports);
      };
      exporter[INTERNALS].accept(plainReports(16));
      await exporter.forceFlush();
      expect([...store.reports.values()].map(({ value }) => value)).to.deep.equal([
        0, 1, 2, 5, 6, 7, 8, 9, 10, 12, 13, 14, 15,
      ]);
      expect(exporter.ledger()).to.deep.include({
        stored: 13,
        pending: 0,
        rejected: { unloved: 3 },
      });
    });

    it('keeps what it learned when the store goes away in between', async () => {
      const exporter = make();
      store.answer = async (reports) => {
        if (reports.some(({ value }) => value === 0)) throw new RejectedError('unloved');
        return store.writes.length < 6 ? down() : store.keep(reports);
      };
      exporter[INTERNALS].accept(plainReports(4));
      await clock.pass(10_000);
      expect(exporter.ledger()).to.deep.include({ stored: 3, rejected: { unloved: 1 } });
    });

    it('halves what is too large, remembers the size, and rejects what is too large alone', async () => {
      const exporter = make();
      store.answer = async (reports) => {
        if (reports.length > 4 || reports.some(({ value }) => value === 5))
          throw new SplitError('413');
        return store.keep(reports);
      };
      exporter[INTERNALS].accept(plainReports(16));
      await exporter.forceFlush();
      expect(exporter.ledger()).to.deep.include({ stored: 15, rejected: { 413: 1 } });
    });

    it('keeps a hundred reasons apart', async () => {
      const exporter = make();
      store.answer = async (reports) =>
        reports.map(({ value }) => ({ rejected: `reason ${value} ${'x'.repeat(500)}` }));
      exporter[INTERNALS].accept(plainReports(150));
      await exporter.forceFlush();
      const { rejected } = exporter.ledger();
      expect(Object.keys(rejected)).to.have.lengthOf(101);
      expect(rejected.other).to.equal(50);
      expect(Object.keys(rejected)[0]!.length).to.be.below(250);
    });
  });

  describe('deadlines', () => {
    it('give a silent write up, abort its signal, and do not look at its late answer', async () => {
      const exporter = make({ writeTimeout: 1_000 });
      const late: ((outcomes: Outcome[]) => void)[] = [];
      const signals: AbortSignal[] = [];
      store.answer = (reports, { signal }) => {
        signals.push(signal);
        if (store.writes.length > 1) return Promise.resolve(store.keep(reports));
        return new Promise((resolve) => late.push(resolve));
      };
      exporter[INTERNALS].accept(plainReports(2));
      await clock.pass(1_000);
      expect(signals[0]!.aborted).to.equal(true);
      late[0]!([{ rejected: 'late' }, { rejected: 'late' }]);
      await clock.pass(1_000);
      expect(exporter.ledger()).to.deep.include({
        accepted: 2,
        stored: 2,
        pending: 0,
        rejected: {},
      });
      expect(signals[1]!.aborted).to.equal(false);
    });

    it('hold for connecting too, which happens once for all who wait', async () => {
      let connects = 0;
      class Slow extends ReportExporter {
        protected override connect({ signal }: { signal: AbortSignal }): Promise<void> {
          connects += 1;
          if (connects > 1) return Promise.resolve();
          return new Promise((_, reject) =>
            signal.addEventListener('abort', () => reject(signal.reason)),
          );
        }
        protected async write(): Promise<void> {}
      }
      const exporter = check(new Slow({}, { defaults: { clock, connectTimeout: 500 } }));
      exporter[INTERNALS].accept(plainReports(1));
      const delivered = exporter[INTERNALS].deliver(plainReports(1));
      await clock.pass(499);
      expect(connects).to.equal(1);
      await clock.pass(10_000);
      await delivered;
      expect(connects).to.equal(2);
      expect(exporter.ledger()).to.include({ pending: 0 });
    });

    it('reject a flush, and keep everything', async () => {
      const exporter = make();
      store.state = 'silent';
      exporter[INTERNALS].accept(plainReports(2));
      const flushed = exporter.forceFlush().catch((error: Error) => error);
      await clock.pass(30_000);
      expect(await flushed).to.include({ code: 'KANEDA_DEADLINE', name: 'DeadlineError' });
      expect(exporter.ledger()).to.include({ pending: 2 });
    });

    it('do not make a flush wait for what comes later', async () => {
      const exporter = make({ batchSize: 1 });
      store.answer = async (reports) => {
        exporter[INTERNALS].accept(plainReports(1));
        return store.keep(reports);
      };
      exporter[INTERNALS].accept(plainReports(3));
      await exporter.forceFlush();
      expect(exporter.ledger().stored).to.be.at.least(3);
      store.answer = undefined;
      await exporter.forceFlush();
    });

    it('keep the process alive only while somebody waits', async () => {
      const exporter = make();
      store.state = 'down';
      exporter[INTERNALS].accept(plainReports(1));
      await settled();
      expect([...clock.timers].some(({ keepAlive }) => keepAlive)).to.equal(false);
      const flushed = exporter.forceFlush({ timeout: 100 }).catch(() => {});
      await settled();
      expect([...clock.timers].some(({ keepAlive }) => keepAlive)).to.equal(true);
      await clock.pass(100);
      await flushed;
      expect([...clock.timers].some(({ keepAlive }) => keepAlive)).to.equal(false);
    });
  });

  it('throws all faults of its options at once', () => {
    expect(() =>
      make({ batchSize: 0, writeTimeout: -1, outbox: { maxByte: 1 }, colour: 'red' } as never),
    )
      .to.throw(SettingsError)
      .with.property('faults')
      .that.satisfies(
        (faults: { path: string }[]) =>
          faults.map(({ path }) => path).join() === 'batchSize,writeTimeout,outbox.maxByte,colour',
      );
  });

  it('never shows a secret', async () => {
    const messages = captureDiag();
    class Secretive extends ReportExporter {
      protected async write(reports: readonly Report[]): Promise<readonly Outcome[]> {
        if (reports.length > 1) {
          const cause = Object.assign(new Error('at mongodb://user:hunter2@host/'), {
            options: { password: 'hunter2' },
          });
          throw new Error('login hunter2 refused', { cause });
        }
        return [{ rejected: 'token hunter2 is bad' }];
      }
    }
    const exporter = check(new Secretive({}, { defaults: { clock }, secrets: () => ['hunter2'] }));
    exporter[INTERNALS].accept(plainReports(2));
    const flushed = exporter.forceFlush({ timeout: 100 }).catch((error: Error) => error);
    await clock.pass(100);
    const { inspect } = await import('node:util');
    await exporter[INTERNALS].deliver(plainReports(1));
    const shown = [
      inspect(await flushed, { depth: 9, showHidden: true }),
      inspect(exporter.fault),
      JSON.stringify(exporter.ledger()),
      ...messages(),
    ].join();
    expect(shown).to.not.include('hunter2');
    expect(shown).to.include('login *** refused');
  });

  it('balances its ledger at every moment, whatever the store answers', async () => {
    const answer = fc.constantFrom(
      'stored',
      'retry',
      'rejected',
      'throw',
      'refuse',
      'split',
      'short',
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(answer, { maxLength: 60 }),
        fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 10 }),
        async (answers, sizes) => {
          const time = new TestClock();
          const random = new ScriptedStore();
          const exporter = new ScriptedExporter(
            random,
            { batchSize: 7, outbox: { maxBytes: 12_000 } },
            { clock: time },
          );
          random.answer = async (reports) => {
            expectBalanced(exporter.ledger());
            const next = answers.shift();
            if (next === 'throw') return down();
            if (next === 'refuse') throw new RejectedError('refused');
            if (next === 'split') throw new SplitError('large');
            if (next === 'short') return new Array<Outcome>(reports.length - 1).fill('stored');
            if (next === undefined) return random.keep(reports);
            return reports.map((report, i): Outcome => {
              const kind = i % 2 === 0 ? next : 'stored';
              if (kind === 'rejected') return { rejected: 'bad' };
              if (kind === 'stored') random.reports.set(report.id, report);
              return kind as Outcome;
            });
          };
          for (const size of sizes) {
            exporter[INTERNALS].accept(plainReports(size));
            expectBalanced(exporter.ledger());
            await time.pass(50);
          }
          const closing = exporter.shutdown({ timeout: 3_600_000 });
          await time.pass(3_600_000);
          await closing;
          const ledger = exporter.ledger();
          expectBalanced(ledger);
          expect(ledger.pending).to.equal(0);
          expect(ledger.accepted).to.equal(sizes.reduce((a, b) => a + b, 0));
          expect(random.reports.size).to.be.at.least(ledger.stored > 0 && !answers.length ? 1 : 0);
        },
      ),
      { numRuns: 40 },
    );
  });
});
