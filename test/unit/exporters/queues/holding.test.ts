import { expect } from 'chai';
import { Holding } from '../../../../exporters/queues/consuming/jobs-in-hand.js';

describe('what a worker has in hand', () => {
  it('is said at the start, and never while a take is under way', async () => {
    const said: (readonly string[])[] = [];
    const holding = new Holding(async (ids) => void said.push([...ids]));
    await holding.start();
    holding.stop();
    expect(said).to.deep.equal([[]]);
    let arrive: (ids: string[]) => void = () => {};
    const taking = holding.take(
      () => new Promise<string[]>((resolve) => (arrive = resolve)),
      (ids) => ids,
    );
    const telling = holding.tell();
    arrive(['a', 'b']);
    await Promise.all([taking, telling]);
    expect(said.at(-1)).to.deep.equal(['a', 'b']);
  });

  it('is less what was ended, told or not', async () => {
    const said: (readonly string[])[] = [];
    const holding = new Holding(async (ids) => void said.push([...ids]));
    await holding.take(
      async () => ['a', 'b', 'c'],
      (ids) => ids,
    );
    await holding.end(['a'], async () => {});
    await holding.end(['b'], () => Promise.reject(new Error('no answer'))).catch(() => {});
    await holding.tell();
    expect(said).to.deep.equal([['c']]);
  });
});
