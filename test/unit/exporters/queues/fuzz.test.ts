import { expect } from 'chai';
import { fuzzQueues } from '../../../fuzz/queues.js';

describe('mutated jobs', () => {
  it('are reports or refused, and nothing else', () => {
    // The same jobs each time; `npm run fuzz` tries others.
    const { read, refused, surprises } = fuzzQueues(20_000, 20_261_129);
    expect(surprises).to.deep.equal([]);
    expect(read + refused).to.equal(20_000);
    expect(read).to.be.above(0);
  });
});
