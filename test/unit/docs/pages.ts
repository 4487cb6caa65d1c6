import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** Returns the files below a folder of the repository, by their paths from its root. */
export const filesBelow = (folder: string): string[] =>
  (readdirSync(join(ROOT, folder), { recursive: true }) as string[])
    .filter((name) => !name.includes('node_modules'))
    .map((name) => join(folder, name));

/** The pages of the documentation, by their paths. */
export const PAGES: readonly string[] = [
  'README.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  ...[...filesBelow('docs'), ...filesBelow('examples')].filter((name) => name.endsWith('.md')),
];

export const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

/** Returns the words between backticks on a page, those of its code blocks left out. */
export const codeWords = (page: string): string[] =>
  [
    ...read(page)
      .replace(/^ *```.*?^ *```$/gms, '')
      .matchAll(/`([^`\n]+)`/g),
  ].flatMap(([, code]) => code!.split(/\s+/));
