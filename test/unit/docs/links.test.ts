import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { expect } from 'chai';
import { githubAnchor } from '../../../site/github-anchor.js';
import { PAGES, ROOT } from './pages.js';

const anchorsOf = (path: string): string[] =>
  [...readFileSync(path, 'utf8').matchAll(/^#+ (.*)$/gm)].map(([, text]) => githubAnchor(text!));

describe('the documentation', () => {
  for (const page of PAGES) {
    it(`${page} leads only to what exists`, () => {
      const path = join(ROOT, page);
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
});
