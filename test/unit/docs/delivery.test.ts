import { expect } from 'chai';
import { examplesOf, run } from './programs.js';

for (const page of [
  'README.md',
  'docs/custom-store.md',
  'docs/delivery.md',
  'docs/problems.md',
  'docs/stores/logger.md',
]) {
  describe(`the examples of ${page}`, () => {
    it('print what the page says', async function () {
      this.timeout(120_000);
      const examples = await examplesOf(page);
      const printed = await run(examples);
      expect(examples).to.not.have.lengthOf(0);
      examples.forEach(({ prints }, i) => {
        if (prints !== undefined) expect(printed[i]).to.equal(prints);
      });
    });
  });
}
