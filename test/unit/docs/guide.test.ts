import { expect } from 'chai';
import { examplesOf, run } from './programs.js';

const examples = await examplesOf('docs/guide.md');

describe('the guide', () => {
  let printed: string[];
  before(async function () {
    this.timeout(120_000);
    printed = await run(examples);
  });

  examples.forEach(({ line, prints }, i) => {
    if (prints !== undefined)
      it(`prints what line ${line} says`, () => expect(printed[i]).to.equal(prints));
  });

  it('runs to its end', () =>
    expect(printed)
      .to.have.length(examples.length + 1)
      .above(8));
});
