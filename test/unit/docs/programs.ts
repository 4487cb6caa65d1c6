import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ENTRY_POINTS } from '../../../entry-points.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** An example of a page: a program, and what it prints, if the page says so in a `text` block behind it, or behind its commands. */
export interface Example {
  /** The line it begins at. */
  readonly line: number;
  readonly language: string;
  readonly source: string;
  readonly prints: string | undefined;
}

/** The `js` and `ts` blocks of a page. */
export async function examplesOf(page: string): Promise<Example[]> {
  const text = await readFile(join(root, page), 'utf8');
  const blocks = text.matchAll(
    /^```(js|ts)\n(.*?)^```\n(?:(?:\n```sh\n[^`]*^```\n)?\n```text\n(.*?)^```\n)?/gms,
  );
  return [...blocks].map(({ index, 1: language, 2: source, 3: prints }) => ({
    line: text.slice(0, index).split('\n').length,
    language: language!,
    source: source!,
    prints,
  }));
}

/** The files that a page shows, by the path in the comment above each. */
export function filesOf(page: string): Map<string, string> {
  const text = readFileSync(join(root, page), 'utf8');
  const blocks = text.matchAll(/<!-- (\S+) -->\n```\w+\n(.*?)```/gs);
  return new Map([...blocks].map(([, path, source]) => [path!, source!]));
}

/** Between what two examples print. */
const NEXT = '\f';

/** Runs the examples against the sources, one after the other in one process, in a directory of their own; returns what each prints. */
export async function run(examples: readonly Example[]): Promise<string[]> {
  const directory = await mkdtemp(join(tmpdir(), 'kaneda-examples-'));
  try {
    await symlink(join(root, 'node_modules'), join(directory, 'node_modules'));
    const files = examples.map(({ language, line }) => `line-${line}.m${language}`);
    await Promise.all(
      examples.map(async ({ source }, i) =>
        writeFile(join(directory, files[i]!), againstSources(source)),
      ),
    );
    const main = files
      .map((file) => `await import('./${file}');\nprocess.stdout.write('${NEXT}');\n`)
      .join('');
    await writeFile(join(directory, 'main.mjs'), main);
    const { stdout } = await promisify(execFile)(process.execPath, ['--import=tsx', 'main.mjs'], {
      cwd: directory,
      timeout: 100_000,
    });
    return stdout.split(NEXT);
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** Imports of the package lead to its sources. */
export function againstSources(source: string): string {
  return source.replace(/'kaneda-otel(?:\/([a-z/]+))?'/g, (_, entry = 'index') =>
    JSON.stringify(join(root, ENTRY_POINTS[entry as string]!)),
  );
}
