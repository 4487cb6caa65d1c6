import { expect } from 'chai';
import { fuzzQueues } from '../../../fuzz/queues.js';

describe('mutated jobs', () => {
  it('are reports or refused, and nothing else', () => {
    const seed = Math.floor(Math.random() * 2 ** 32);
    const { read, refused, surprises } = fuzzQueues(20_000, seed);
    expect(surprises).to.deep.equal([]);
    expect(read + refused).to.equal(20_000);
    expect(read).to.be.above(0);
  });
});
