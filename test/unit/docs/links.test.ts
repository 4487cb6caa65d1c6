import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { githubAnchor } from '../../../site/github-anchor.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const pagesIn = (folder: string): string[] =>
  (readdirSync(join(root, folder), { recursive: true }) as string[])
    .filter((name) => name.endsWith('.md') && !name.includes('node_modules'))
    .map((name) => join(folder, name));
const pages = [
  'README.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  ...pagesIn('docs'),
  ...pagesIn('examples'),
];

const anchorsOf = (path: string): string[] =>
  [...readFileSync(path, 'utf8').matchAll(/^#+ (.*)$/gm)].map(([, text]) => githubAnchor(text!));

describe('the documentation', () => {
  for (const page of pages) {
    it(`${page} leads only to what exists`, () => {
      const path = join(root, page);
      const links = [
        ...readFileSync(path, 'utf8').matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)\s]*))?\)/g),
      ];
      const dead = links.filter(([, file, anchor]) => {
        const target = file ? resolve(dirname(path), file) : path;
        return (
          !existsSync(target) ||
          (anchor !== undefined && target.endsWith('.md') && !anchorsOf(target).includes(anchor))
        );
      });
      expect(dead.map(([link]) => link)).to.deep.equal([]);
    });
  }

  it('docs/internals.md names only files and folders of the code that exist', () => {
    const text = readFileSync(join(root, 'docs/internals.md'), 'utf8');
    const paths = [...text.matchAll(/`((?:src|bridges|exporters|test|bench)\/[^`\s]*)`/g)];
    expect(paths.length).to.be.above(5);
    const missing = paths.map(([, path]) => path!).filter((path) => !existsSync(join(root, path)));
    expect(missing).to.deep.equal([]);
  });
});
