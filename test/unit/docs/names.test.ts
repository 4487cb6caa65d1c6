import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { SETTINGS } from '../../../src/settings/table.js';
import { codeWords, filesBelow, PAGES, ROOT, read } from './pages.js';

const FOLDERS = ['src', 'bridges', 'exporters', 'test', 'bench', 'site', 'examples', 'dashboards'];
const PATH = new RegExp(`^(?:${FOLDERS.join('|')}|docs|\\.ci)/[\\w./-]*$`);
/** What a command makes. */
const MADE = new Set(['site/dist']);
const files = [...FOLDERS.flatMap(filesBelow), 'entry-points.ts'];
const sources = ['src', 'bridges', 'exporters'].flatMap(filesBelow).filter(isSource).map(read);

function isSource(name: string): boolean {
  return name.endsWith('.ts');
}

/** A path from the root is there, and a name in TypeScript is one file's, with or without folders. */
function isThere(word: string): boolean {
  if (MADE.has(word)) return true;
  if (PATH.test(word)) return existsSync(join(ROOT, word));
  return files.some((file) => file === word || file.endsWith(`/${word}`));
}

/** Codes and variables of ours in a text. */
const codesIn = (text: string): string[] => text.match(/\bKANEDA_[A-Z_]*[A-Z]\b/g) ?? [];

describe('the names in the documentation', () => {
  // The changelog tells what was, too.
  for (const page of PAGES.filter((name) => name !== 'CHANGELOG.md')) {
    it(`${page} names only files and folders that exist`, () => {
      const named = codeWords(page).filter(
        (word) => PATH.test(word) || /^[\w./-]+\.ts$/.test(word),
      );
      expect(named.filter((word) => !isThere(word))).to.deep.equal([]);
    });

    it(`${page} names only scripts of package.json, or of an example's`, () => {
      const { scripts } = JSON.parse(read('package.json')) as { scripts: object };
      const own = page.startsWith('examples/')
        ? read(page.replace('README.md', 'package.json'))
        : '';
      const named = [...read(page).matchAll(/\bnpm run ([\w:-]+)/g)].map(([, name]) => name!);
      expect(named.filter((name) => !(name in scripts) && !own.includes(`"${name}": `))).to.be
        .empty;
    });

    it(`${page} names only commands and flags of kaneda that exist`, () => {
      for (const [line, name] of read(page).matchAll(
        /^.*\bnpx (?:-p kaneda-otel )?kaneda ([a-z]+).*$/gm,
      )) {
        const command = read(`src/cli/${name}/command.ts`);
        const call = line.slice(line.indexOf(` kaneda ${name}`)).split(/[`|#>]/)[0]!;
        for (const [flag] of call.matchAll(/--[a-z-]+/g))
          expect(command, line).to.include(`${flag}`);
      }
    });

    it(`${page} names only settings, codes and variables of the code`, () => {
      const known = new Set([
        ...Object.keys(SETTINGS).map((name) => `KANEDA_${name}`),
        ...sources.flatMap(codesIn),
        ...filesBelow('test')
          .filter(isSource)
          .flatMap((file) => codesIn(read(file))),
      ]);
      // Kubernetes sets it for a service that is called `kaneda`.
      const named = codesIn(read(page)).filter((name) => name !== 'KANEDA_PORT');
      expect(named.filter((name) => !known.has(name))).to.deep.equal([]);
    });
  }

  it('are in docs/problems.md all codes of problems and errors', () => {
    const variables = ['KANEDA_SETTINGS_MODULE', 'KANEDA_DEMO_ELASTIC_URL'];
    // What the exporter of MongoDB says to itself.
    const internal = ['KANEDA_SUSPECT'];
    const codes = new Set(
      sources.flatMap((text) => text.match(/(?<=')KANEDA_[A-Z_]+(?=')/g) ?? []),
    );
    for (const name of [...variables, ...internal]) codes.delete(name);
    expect(codes.size).to.be.above(20);
    const listed = new Set(
      [...read('docs/problems.md').matchAll(/^\|.*/gm)].flatMap(([row]) => codesIn(row)),
    );
    expect([...listed].sort()).to.deep.equal([...codes].sort());
  });
});
