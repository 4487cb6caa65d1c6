import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { run } from '../support/servers/install.js';
import { runnerProgramsOf } from '../unit/docs/programs-of-runners.js';
import { developedWith, pack, project } from './project.js';

/** How each runner is called on one file, as its users have it: jest with CommonJS. */
const RUNNERS: Readonly<Record<string, { file: string; args: readonly string[] }>> = {
  jest: { file: 'program.test.cjs', args: ['--testMatch', '**/*.test.cjs'] },
  vitest: { file: 'program.test.mjs', args: ['run'] },
};

describe('the packed tarball in other test runners', function () {
  this.timeout(300_000);
  let tarball: string;
  before(async () => {
    ({ tarball } = await pack());
  });

  for (const [name, { file, args }] of Object.entries(RUNNERS)) {
    it(`passes the page's programs with ${name}`, async () => {
      const programs = await runnerProgramsOf('docs/testing-your-metrics.md');
      const sources = programs.filter(({ runner }) => runner === name);
      expect(sources).to.have.length(1);
      const folder = await project(
        tarball,
        name,
        ...developedWith('@opentelemetry/api', '@opentelemetry/sdk-metrics'),
      );
      writeFileSync(join(folder, file), sources[0]!.source);
      // Exits with another code than 0, which rejects, if a test fails or there is none.
      await run('npx', ['--no', '--', name, ...args], { cwd: folder });
    });
  }
});
