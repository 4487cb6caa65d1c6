import { expect } from 'chai';
import { INTERNALS } from '../../../exporters/delivery/internals.js';
import { ReportExporter } from '../../../exporters/report-exporter.js';
import { Metrics } from '../../../src/index.js';
import { plainReports } from '../../conformance/suites/exporter.js';
import { settled, type TestClock } from '../../support/clock.js';
import { eachScripted } from '../../support/each-scripted.js';
import type { ScriptedStore } from '../../support/scripted-exporter.js';

const down = (): never => {
  throw new Error('connection refused');
};
describe('an exporter', () => {
  let clock: TestClock;
  let store: ScriptedStore;
  const { make, check } = eachScripted((parts) => {
    ({ clock, store } = parts);
  });

  describe('closing', () => {
    it('stores what it can, then lets go, once', async () => {
      const exporter = make();
      exporter[INTERNALS].accept(plainReports(3));
      await Promise.all([exporter.shutdown(), exporter.shutdown()]);
      await exporter.shutdown();
      expect(exporter.ledger()).to.include({ stored: 3, pending: 0 });
      expect(store.disconnects).to.equal(1);
      expect(clock.timers.size).to.equal(0);
    });

    for (const timeout of [Number.NaN, -1, '5', null])
      it(`takes the default for a timeout that is none: ${timeout}`, async () => {
        const exporter = make();
        store.state = 'down';
        const sent = plainReports(3);
        exporter[INTERNALS].accept(sent);
        const deadline = { timeout: timeout as number };
        const ends = [exporter.forceFlush(deadline), exporter.shutdown(deadline)];
        await clock.pass(1_000);
        store.state = 'up';
        await clock.pass(4_000);
        await Promise.all(ends);
        expect([...store.reports.keys()]).to.deep.equal(sent.map(({ id }) => id));
        expect(exporter.ledger()).to.deep.include({ stored: 3, dropped: {} });
      });

    it('is what shutdown() without options does, also when a caller passes null', async () => {
      const exporter = make();
      exporter[INTERNALS].accept(plainReports(3));
      await exporter.forceFlush(null as never);
      await exporter.shutdown(null as never);
      expect(store.reports.size).to.equal(3);
    });

    it('counts what it is given afterwards as dropped', async () => {
      const exporter = make();
      await exporter.shutdown();
      const metrics = new Metrics({ backend: exporter });
      metrics.increment('late');
      metrics.event('late', 'text');
      await metrics.flush();
      expect(metrics.ledger()).to.deep.include({
        accepted: 2,
        stored: 0,
        pending: 0,
        dropped: { closed: 2 },
      });
      await metrics.close();
    });

    it('ends at its deadline whatever the store does, and counts what is lost', async () => {
      class Stuck extends ReportExporter {
        protected write(): Promise<void> {
          return new Promise(() => {});
        }
        protected override disconnect(): Promise<void> {
          return new Promise(() => {});
        }
      }
      const exporter = check(new Stuck({}, { defaults: { clock } }));
      exporter[INTERNALS].accept(plainReports(3));
      let closed = false;
      const closing = exporter.shutdown().then(() => {
        closed = true;
      });
      await clock.pass(4_999);
      expect(closed).to.equal(false);
      await clock.pass(1);
      await closing;
      expect(exporter.ledger()).to.deep.include({
        accepted: 3,
        pending: 0,
        dropped: { 'deadline at close': 3 },
      });
    });

    it('still takes what readers hand over while it stores the rest, and nothing after', async () => {
      const exporter = make();
      exporter[INTERNALS].accept(plainReports(1));
      const closing = exporter.shutdown();
      const codes: number[] = [];
      exporter.export([], ({ code }) => codes.push(code));
      await closing;
      exporter.export([], ({ code, error }) => codes.push(code, error === undefined ? -1 : 1));
      exporter[INTERNALS].accept(plainReports(2));
      expect(codes).to.deep.equal([0, 1, 1]);
      expect(exporter.ledger()).to.deep.include({ accepted: 3, stored: 1, dropped: { closed: 2 } });
    });

    it('does not reject when disconnecting fails', async () => {
      class Bad extends ReportExporter {
        protected async write(): Promise<void> {}
        protected override disconnect(): Promise<void> {
          throw new Error('no');
        }
      }
      await new Bad().shutdown();
    });

    it('happens when the last of several users leaves', async () => {
      const exporter = make();
      exporter[INTERNALS].attach();
      exporter[INTERNALS].attach();
      exporter[INTERNALS].accept(plainReports(1));
      await exporter[INTERNALS].detach();
      expect(store.reports.size).to.equal(1);
      expect(store.disconnects).to.equal(0);
      exporter[INTERNALS].accept(plainReports(1));
      await exporter[INTERNALS].detach();
      expect(store.reports.size).to.equal(2);
      expect(store.disconnects).to.equal(1);
    });
  });

  describe('delivering for a worker', () => {
    it('answers for each report, past the outbox', async () => {
      const exporter = make({ batchSize: 2 });
      const reports = plainReports(5);
      reports[3]!.value = 'bad';
      expect(await exporter[INTERNALS].deliver(reports)).to.deep.equal([
        'stored',
        'stored',
        'stored',
        { rejected: 'bad value' },
        'stored',
      ]);
      expect(exporter.ledger()).to.deep.include({
        accepted: 5,
        stored: 4,
        pending: 0,
        rejected: { 'bad value': 1 },
      });
    });

    it('says what is to be tried again, and why', async () => {
      const exporter = make({ batchSize: 2 });
      store.answer = async (reports) => (store.writes.length === 2 ? down() : store.keep(reports));
      expect(await exporter[INTERNALS].deliver(plainReports(6))).to.deep.equal([
        'stored',
        'stored',
        'retry',
        'retry',
        'retry',
        'retry',
      ]);
      expect(exporter.fault?.message).to.equal('connection refused');
      expect(exporter.ledger()).to.include({ accepted: 2, stored: 2, pending: 0 });
    });

    it('gives up when its signal is aborted', async () => {
      const exporter = make();
      store.state = 'silent';
      const controller = new AbortController();
      const delivered = exporter[INTERNALS].deliver(plainReports(1), { signal: controller.signal });
      await settled();
      controller.abort(new Error('stop'));
      expect(await delivered).to.deep.equal(['retry']);
    });

    it('takes turns with the outbox', async () => {
      const exporter = make();
      store.answer = async (reports) => {
        await settled();
        return store.keep(reports);
      };
      exporter[INTERNALS].accept(plainReports(2));
      await Promise.all([
        exporter.forceFlush(),
        exporter[INTERNALS].deliver(plainReports(2)),
        exporter[INTERNALS].deliver(plainReports(2)),
      ]);
      expect(store.overlap).to.equal(1);
    });
  });
});
