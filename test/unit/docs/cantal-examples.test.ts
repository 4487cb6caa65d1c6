import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const PAGES = join(ROOT, 'docs/cantal');

/** What an entry point of the package is in the source. */
const SOURCES: Record<string, string> = {
  'kaneda-otel/cantal': 'src/cantal/index.ts',
  'kaneda-otel/bridges': 'bridges/index.ts',
  'kaneda-otel/integrations/http': 'src/integrations/http.ts',
};

/** What an example says that it prints: the comments behind and below its `console.log`s. */
function promised(example: string): string[] {
  const lines: string[] = [];
  let printing = false;
  for (const line of example.split('\n')) {
    const behind: string | undefined = /console\.log\(.*\);? \/\/ (.*)$/.exec(line)?.[1];
    const below: string | undefined = printing ? /^\/\/ (.*)$/.exec(line)?.[1] : undefined;
    if (behind !== undefined) lines.push(behind);
    else if (below !== undefined) lines.push(below);
    printing = line.includes('console.log(') || below !== undefined;
  }
  return lines;
}

describe("the examples of Cantal's pages", () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(ROOT, 'test/unit/docs/.examples-')); // beside the packages that they import
  });
  after(() => rmSync(folder, { recursive: true }));

  for (const page of readdirSync(PAGES)) {
    const examples = [
      ...readFileSync(join(PAGES, page), 'utf8').matchAll(/^```ts\n(.*?)^```/gms),
    ].map(([, code]) => code!);
    for (const [i, example] of examples.entries()) {
      it(`do what they say: ${page}, example ${i + 1}`, () => {
        const code = example.replace(
          /from '(kaneda-otel[^']*)'/g,
          (_, name: string) => `from ${JSON.stringify(join(ROOT, SOURCES[name]!))}`,
        );
        const file = join(folder, `${page}-${i}.ts`);
        writeFileSync(file, code);
        const { stdout, stderr, status } = spawnSync(process.execPath, ['--import', 'tsx', file], {
          encoding: 'utf8',
          // A file system in memory: elsewhere the cells' place is warned of.
          env: { ...process.env, ...(existsSync('/dev/shm') && { TMPDIR: '/dev/shm' }) },
        });
        expect(stderr).to.equal('');
        expect(status).to.equal(0);
        expect(stdout.split('\n').slice(0, -1)).to.deep.equal(promised(example));
      });
    }
  }
});
