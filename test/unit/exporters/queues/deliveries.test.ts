import { expect } from 'chai';
import { deliveriesOf } from '../../../../exporters/queues/consuming/read-jobs.js';
import { MessageError } from '../../../../exporters/queues/errors.js';
import type { Delivery } from '../../../../exporters/queues/index.js';
import { someReports } from '../../../conformance/suites/queue.js';

describe('What was taken from a queue', () => {
  const report = someReports(1)[0]!;
  const done = async () => {};
  const delivery: Delivery = { report, acknowledge: done, retry: done, reject: done };
  const read = (job: string): Delivery | undefined => {
    if (job === 'bad') throw new MessageError('no report');
    if (job === 'broken') throw new TypeError('a fault of ours');
    return job === 'gone' ? undefined : delivery;
  };
  const refusals = () => {
    const said: string[] = [];
    return { said, refused: (reason: string) => void said.push(reason) };
  };

  it('is read, and what is no report is buried with the reason', async () => {
    const buried: string[] = [];
    const { said, refused } = refusals();
    const bury = async (job: string, reason: string) => void buried.push(`${job}: ${reason}`);
    expect(
      await deliveriesOf(['good', 'bad', 'gone', 'good'], { read, bury, refused }),
    ).to.deep.equal([delivery, delivery]);
    expect(buried).to.deep.equal(['bad: no report']);
    expect(said).to.deep.equal(['no report']);
  });

  it('is not held up by what cannot be buried now', async () => {
    const { said, refused } = refusals();
    const bury = () => Promise.reject(new Error('gone'));
    expect(await deliveriesOf(['bad', 'good'], { read, bury, refused })).to.deep.equal([delivery]);
    expect(said).to.deep.equal([]);
  });

  it('fails when nothing else was there', async () => {
    const failing = (jobs: string[], bury: () => Promise<void>) =>
      deliveriesOf(jobs, { read, bury, refused: undefined }).catch((error: Error) => error.message);
    expect(await failing(['bad', 'bad'], () => Promise.reject(new Error('gone')))).to.equal('gone');
    expect(await failing(['broken'], done)).to.equal('a fault of ours');
  });
});
