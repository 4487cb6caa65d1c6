import { expect } from 'chai';
import { readDeliveries } from '../../../../exporters/queues/consuming/read-jobs.js';
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

  it('is read, and what is not a report goes to the dead letters with the reason', async () => {
    const dead: string[] = [];
    const { said, refused } = refusals();
    const deadLetter = async (job: string, reason: string) => void dead.push(`${job}: ${reason}`);
    expect(
      await readDeliveries(['good', 'bad', 'gone', 'good'], { read, deadLetter, refused }),
    ).to.deep.equal([delivery, delivery]);
    expect(dead).to.deep.equal(['bad: no report']);
    expect(said).to.deep.equal(['no report']);
  });

  it('is not held up by what the dead letters do not take now', async () => {
    const { said, refused } = refusals();
    const deadLetter = () => Promise.reject(new Error('gone'));
    expect(await readDeliveries(['bad', 'good'], { read, deadLetter, refused })).to.deep.equal([
      delivery,
    ]);
    expect(said).to.deep.equal([]);
  });

  it('fails when nothing else was there', async () => {
    const failing = (jobs: string[], deadLetter: () => Promise<void>) =>
      readDeliveries(jobs, { read, deadLetter, refused: undefined }).catch(
        (error: Error) => error.message,
      );
    expect(await failing(['bad', 'bad'], () => Promise.reject(new Error('gone')))).to.equal('gone');
    expect(await failing(['broken'], done)).to.equal('a fault of ours');
  });
});
