import { expect } from 'chai';
import { type JobSteps, readDeliveries } from '../../../../exporters/queues/consuming/read-jobs.js';
import { MessageError } from '../../../../exporters/queues/errors.js';
import { someReports } from '../../../conformance/suites/queue.js';

describe('What was taken from a queue', () => {
  const report = someReports(1)[0]!;
  /** Jobs by name, and what was done with each. */
  const steps = (deadLetterFault?: Error): JobSteps<string> & { done: string[] } => {
    const done: string[] = [];
    return {
      done,
      read: (job) => {
        if (job === 'bad') throw new MessageError('no report');
        if (job === 'broken') throw new TypeError('a fault of ours');
        return job === 'gone' ? undefined : report;
      },
      keyOf: (job) => `job ${job}`,
      acknowledge: async (key) => void done.push(`acknowledge ${key}`),
      giveBack: async (key) => void done.push(`give back ${key}`),
      deadLetter: async (key, reason) => {
        if (deadLetterFault !== undefined) throw deadLetterFault;
        done.push(`dead letter ${key}: ${reason}`);
      },
    };
  };
  const refusals = () => {
    const said: string[] = [];
    return { said, refused: (reason: string) => void said.push(reason) };
  };

  it('is read, and what is not a report goes to the dead letters with the reason', async () => {
    const { said, refused } = refusals();
    const { done, ...queue } = steps();
    const deliveries = await readDeliveries(['good', 'bad', 'gone', 'fine'], queue, refused);
    expect(deliveries.map((delivery) => delivery.report)).to.deep.equal([report, report]);
    expect(done).to.deep.equal(['dead letter job bad: no report']);
    expect(said).to.deep.equal(['no report']);
  });

  it('is ended by its key as the worker says, each job by itself', async () => {
    const { done, ...queue } = steps();
    const jobs = ['stored', 'kept', 'rejected'];
    const [stored, kept, rejected] = await readDeliveries(jobs, queue, undefined);
    await stored!.acknowledge();
    await kept!.retry('the worker ended');
    await rejected!.reject('too long');
    expect(done).to.deep.equal([
      'acknowledge job stored',
      'give back job kept',
      'dead letter job rejected: too long',
    ]);
  });

  it('is not held up by what the dead letters do not take now', async () => {
    const { said, refused } = refusals();
    const deliveries = await readDeliveries(['bad', 'good'], steps(new Error('gone')), refused);
    expect(deliveries.map((delivery) => delivery.report)).to.deep.equal([report]);
    expect(said).to.deep.equal([]);
  });

  it('fails when nothing else was there', async () => {
    const failing = (jobs: string[], queue: JobSteps<string>) =>
      readDeliveries(jobs, queue, undefined).catch((error: Error) => error.message);
    expect(await failing(['bad', 'bad'], steps(new Error('gone')))).to.equal('gone');
    expect(await failing(['broken'], steps())).to.equal('a fault of ours');
  });
});
