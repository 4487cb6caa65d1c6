import { expect } from 'chai';
import { enqueue } from '../../../../exporters/queues/producing/enqueue.js';
import type { Report } from '../../../../exporters/reports/report.js';
import { someReports } from '../../../conformance/suites/queue.js';
import { until } from '../../../support/until.js';

describe('Enqueueing in portions', () => {
  const { signal } = new AbortController();
  const jobOf = (report: Report) => report.id;
  const retried = (outcomes: readonly unknown[]) =>
    outcomes.filter((outcome) => outcome === 'retry').length;

  it('sends all, in order, a portion before the last one is answered', async () => {
    const reports = someReports(250);
    const sent: string[] = [];
    let portions = 0;
    const send = async (ids: readonly string[]) => {
      sent.push(...ids);
      // The first is answered once the second is sent.
      if (portions++ === 0) await until(() => portions > 1);
    };
    const outcomes = await enqueue(reports, { jobOf, send, signal });
    expect(outcomes).to.deep.equal(reports.map(() => 'stored'));
    expect(sent).to.deep.equal(reports.map(({ id }) => id));
  });

  it('rejects alone what no job can be made of', async () => {
    const reports = someReports(150);
    const make = (report: Report) => {
      if (report === reports[120]) throw new TypeError('no job');
      return report.id;
    };
    const outcomes = await enqueue(reports, { jobOf: make, send: async () => {}, signal });
    expect(outcomes[120]).to.deep.equal({ rejected: 'no job' });
    expect(outcomes.filter((outcome) => outcome === 'stored')).to.have.length(149);
  });

  it('keeps a portion that failed, and each job that did not arrive', async () => {
    let portion = 0;
    const send = async (ids: readonly string[]) => {
      if (portion++ === 0) throw new Error('gone');
      return ids.map((_, i) => i !== 7);
    };
    const outcomes = await enqueue(someReports(200), { jobOf, send, signal });
    expect(outcomes.slice(0, 100)).to.deep.equal(Array(100).fill('retry'));
    expect(retried(outcomes)).to.equal(101);
    expect(outcomes[107]).to.equal('retry');
  });

  it('says what stood in the way when nothing could be sent', async () => {
    const send = () => Promise.reject(new Error('gone'));
    const error = await enqueue(someReports(200), { jobOf, send, signal }).catch(
      (error: unknown) => error,
    );
    expect(error).to.be.an('error').with.property('message', 'gone');
  });

  it('sends no more after the abort, and waits for what it sent', async () => {
    const controller = new AbortController();
    let answered = 0;
    let sent = 0;
    const send = async () => {
      sent++;
      controller.abort(new Error('too late'));
      await new Promise((resolve) => setTimeout(resolve, 5));
      answered++;
    };
    const error = await enqueue(someReports(300), { jobOf, send, signal: controller.signal }).catch(
      (error: unknown) => error,
    );
    expect(error).to.have.property('message', 'too late');
    expect([sent, answered]).to.deep.equal([1, 1]);
  });
});
