import { expect } from 'chai';
import { Page } from './page.js';
import type { Task } from './tasks.js';

/** What a runner says of a file whose only test passed: node:test, mocha, jest, vitest. */
const PASSED = /^(?:# pass 1$| *1 passing\b| *Tests:? +1 passed\b)/m;
const RUNNERS = 4;

const installs = (command: string): boolean => command.startsWith('npm ');

/** The first programs of docs/testing-your-metrics.md, with each test runner. */
export const unitTests: Task = {
  name: 'own unit tests of recorded metrics',
  minutes: 5,
  async run(watch, started) {
    const reader = started.reader('unit-tests', watch);
    const first = new Page('README.md').section('# kaneda-otel');
    await reader.run(first, first.commands.filter(installs));
    const section = new Page('docs/testing-your-metrics.md').section('## A unit test');
    reader.write(section);
    // jest prints its results as errors.
    const commands = section.commands.map((command) => `${command} 2>&1`);
    const printed = await reader.run(section, commands);
    const runs = printed.filter((_, i) => !installs(commands[i]!));
    expect(runs).to.have.length(RUNNERS);
    for (const run of runs) expect(run).to.match(PASSED);
  },
};
