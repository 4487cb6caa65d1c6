import { expect } from 'chai';
import { examplesOf, run } from './programs.js';

const examples = await examplesOf('docs/http.md');

describe('the page of HTTP metrics', () => {
  it('shows a program that prints what it says', async function () {
    this.timeout(120_000);
    expect(examples).to.have.length(1);
    expect(await run(examples)).to.deep.equal([examples[0]!.prints, '']);
  });
});
