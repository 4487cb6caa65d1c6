import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { PAGES, REPOSITORY, ROOT } from './places.js';

/** The pages outside of docs/, by what they are called on the site. */
const OUTSIDE: Readonly<Record<string, string>> = {
  'README.md': 'index.md',
  'CHANGELOG.md': 'changelog.md',
  'CONTRIBUTING.md': 'contributing.md',
  'SECURITY.md': 'security.md',
  'docs/README.md': 'contents.md',
};

/** Copies docs/ and the pages outside of it into the site, with links that hold there. */
export function writePages(): void {
  cpSync(join(ROOT, 'docs/images'), join(PAGES, 'images'), { recursive: true });
  const inDocs = (readdirSync(join(ROOT, 'docs'), { recursive: true }) as string[])
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`);
  for (const source of new Set([...Object.keys(OUTSIDE), ...inDocs])) {
    const file = join(PAGES, onSite(source));
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, withLinksOfSite(readFileSync(join(ROOT, source), 'utf8'), source));
  }
}

/** Returns where a file of docs/, or a page outside of it, is on the site. */
function onSite(source: string): string {
  return OUTSIDE[source] ?? source.slice('docs/'.length);
}

/** Returns a page's text; links to what is not on the site lead to the repository. */
function withLinksOfSite(text: string, source: string): string {
  return outsideOfCode(text, (prose) =>
    prose.replace(
      /\]\((?![a-z]+:|#)([^)#\s]+)/g,
      (_, link: string) => `](${siteLink(link, source)}`,
    ),
  );
}

function siteLink(link: string, source: string): string {
  const target = posix.join(posix.dirname(source), link).replace(/\/$/, '');
  if (!existsSync(join(ROOT, target))) throw new Error(`${source} links ${link}, which is missing`);
  const isFolder = statSync(join(ROOT, target)).isDirectory();
  const isOnSite = target in OUTSIDE || (target.startsWith('docs/') && !isFolder);
  if (!isOnSite) return `${REPOSITORY}/${isFolder ? 'tree' : 'blob'}/main/${target}`;
  const path = posix.relative(posix.dirname(onSite(source)), onSite(target));
  return path.startsWith('.') ? path : `./${path}`;
}

/** Changes the parts of a page that are not blocks of code. */
function outsideOfCode(text: string, change: (prose: string) => string): string {
  const parts = text.split(/(^```.*?^```$)/ms);
  return parts.map((part, i) => (i % 2 === 0 ? change(part) : part)).join('');
}
