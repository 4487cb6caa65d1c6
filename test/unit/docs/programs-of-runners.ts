import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

/** A page's program for a test runner: a block whose first line names the runner behind the language. */
export interface RunnerProgram {
  /** The line it begins at. */
  readonly line: number;
  readonly runner: string;
  readonly source: string;
}

/** The programs of a page that are for test runners. */
export async function runnerProgramsOf(page: string): Promise<RunnerProgram[]> {
  const path = fileURLToPath(new URL(`../../../${page}`, import.meta.url));
  const text = await readFile(path, 'utf8');
  const blocks = text.matchAll(/^```js (node:test|mocha|jest|vitest)\n(.*?)^```$/gms);
  return [...blocks].map(({ index, 1: runner, 2: source }) => ({
    line: text.slice(0, index).split('\n').length,
    runner: runner!,
    source: source!,
  }));
}
