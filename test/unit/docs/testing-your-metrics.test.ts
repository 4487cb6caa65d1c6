import { execFile } from 'node:child_process';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { againstSources } from './programs.js';
import { runnerProgramsOf } from './programs-of-runners.js';

const PAGE = 'docs/testing-your-metrics.md';
const NODE_MODULES = fileURLToPath(new URL('../../../node_modules', import.meta.url));

/** How a runner is called; jest and vitest run in the smoke test. */
const ARGUMENTS: Readonly<Record<string, readonly string[]>> = {
  'node:test': ['--import=tsx', '--test', '--test-reporter=tap'],
  mocha: ['--import=tsx', join(NODE_MODULES, 'mocha/bin/mocha.js'), '--reporter=tap'],
};

const programs = await runnerProgramsOf(PAGE);

describe(`the programs of ${PAGE}`, () => {
  it('are for every runner that the page names', () => {
    expect([...new Set(programs.map(({ runner }) => runner))].sort()).to.deep.equal([
      'jest',
      'mocha',
      'node:test',
      'vitest',
    ]);
  });

  for (const { line, runner, source } of programs) {
    const args = ARGUMENTS[runner];
    if (args !== undefined)
      it(`pass with ${runner}, the one in line ${line}`, async () => {
        const output = await run(args, source);
        expect(output).to.match(/^ *ok 1\b/m);
        expect(output).to.not.match(/^ *not ok/m);
      });
  }
});

/** Runs a program in a folder of its own; what the runner says, also of tests that fail. */
async function run(args: readonly string[], source: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'kaneda-runner-'));
  try {
    await symlink(NODE_MODULES, join(folder, 'node_modules'));
    await writeFile(join(folder, 'program.test.mjs'), againstSources(source));
    // A runner within a runner would report to the outer one.
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    const { stdout } = await promisify(execFile)(process.execPath, [...args, 'program.test.mjs'], {
      cwd: folder,
      env,
      timeout: 100_000,
    }).catch((error: { stdout: string }) => error);
    return stdout;
  } finally {
    await rm(folder, { recursive: true });
  }
}
