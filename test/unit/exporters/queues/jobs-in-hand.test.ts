import { expect } from 'chai';
import { JobsInHand } from '../../../../exporters/queues/consuming/jobs-in-hand.js';

describe('what a worker has in hand', () => {
  it('is sent at the start, and never while a take is under way', async () => {
    const sent: (readonly string[])[] = [];
    const inHand = new JobsInHand(async (ids) => void sent.push([...ids]));
    await inHand.start();
    inHand.stop();
    expect(sent).to.deep.equal([[]]);
    let arrive: (ids: string[]) => void = () => {};
    const taking = inHand.take(
      () => new Promise<string[]>((resolve) => (arrive = resolve)),
      (ids) => ids,
    );
    const beating = inHand.beat();
    arrive(['a', 'b']);
    await Promise.all([taking, beating]);
    expect(sent.at(-1)).to.deep.equal(['a', 'b']);
  });

  it('is without the jobs that were forgotten', async () => {
    const sent: (readonly string[])[] = [];
    const inHand = new JobsInHand(async (ids) => void sent.push([...ids]));
    await inHand.take(
      async () => ['a', 'b', 'c'],
      (ids) => ids,
    );
    inHand.forget(['a', 'b']);
    await inHand.beat();
    expect(sent).to.deep.equal([['c']]);
  });
});
