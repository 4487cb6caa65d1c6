import { expect } from 'chai';
import { withoutMoment } from './kaneda-lines.js';
import { examplesOf, run } from './programs.js';

describe('the page for those who come from Kaneda', () => {
  it('shows programs that print what it says', async function () {
    this.timeout(120_000);
    const examples = await examplesOf('docs/from-kaneda.md');
    expect(examples).to.have.length(2);
    const wanted = [...examples.map(({ prints }) => withoutMoment(prints ?? '')), ''];
    expect((await run(examples)).map(withoutMoment)).to.deep.equal(wanted);
  });
});
