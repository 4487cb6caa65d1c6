import { expect } from 'chai';
import { examplesOf, run } from './programs.js';

const PAGES = [
  'docs/start/opentelemetry.md',
  'docs/coming-from/prom-client.md',
  'docs/coming-from/opentelemetry.md',
  'docs/recipes.md',
];

for (const page of PAGES) {
  describe(`the programs of ${page}`, () => {
    it('print what the page says', async function () {
      this.timeout(60_000);
      const examples = await examplesOf(page);
      expect(examples).to.have.length.above(1);
      const printed = await run(examples);
      for (const [i, { line, prints }] of examples.entries())
        expect(printed[i], `line ${line}`).to.equal(prints);
    });
  });
}
