import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { loadSettings } from '../../../src/settings/settings.js';
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
      this.timeout(120_000);
      const examples = await examplesOf(page);
      expect(examples).to.have.length.above(1);
      const printed = await run(examples);
      for (const [i, { line, prints }] of examples.entries())
        expect(printed[i], `line ${line}`).to.equal(prints);
    });
  });
}

describe('the settings of docs/start/python.md', () => {
  it('are the same in Python and here, and are taken', async () => {
    const page = await readFile(new URL('../../../docs/start/python.md', import.meta.url), 'utf8');
    const blocks = page.match(
      /^```(?:python|js kanedasettings)\n[^\n]*kanedasettings\..*?^```/gms,
    )!;
    const [python, here] = blocks.map((block) =>
      Object.fromEntries(
        [...block.matchAll(/^(?:export const )?([A-Z_]+) = '([^']*)';?$/gm)].map((match) =>
          match.slice(1, 3),
        ),
      ),
    );
    expect(python).to.have.property('BACKEND');
    expect(here).to.deep.equal(python);
    const folder = await mkdtemp(join(tmpdir(), 'kaneda-settings-'));
    await writeFile(join(folder, 'kanedasettings.mjs'), blocks[1]!.replace(/^```.*/gm, ''));
    expect(loadSettings({ cwd: folder, env: {} })).to.include({
      ...here,
      BACKEND: 'elasticsearch',
    });
    await rm(folder, { recursive: true });
  });
});
