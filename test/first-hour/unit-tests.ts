import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { Example, tarball } from '../smoke/example.js';
import { developedWith, install } from '../smoke/project.js';
import { Page } from './page.js';
import type { Task } from './tasks.js';

/** The first programs of docs/testing-your-metrics.md, with the runner of Node and with mocha. */
export const unitTests: Task = {
  name: 'own unit tests of recorded metrics',
  minutes: 5,
  async run(watch, started) {
    const page = new Page('docs/testing-your-metrics.md');
    const place = started.example(Example.empty('unit-tests'));
    await watch.step('npm install', async () =>
      install(place.folder, await tarball(), ...developedWith('@opentelemetry/api', 'mocha')),
    );
    for (const [runner, command] of [
      ['node:test', 'node --test --test-reporter=tap program.test.mjs'],
      ['mocha', 'npx mocha --reporter=tap program.test.mjs'],
    ] as const) {
      writeFileSync(join(place.folder, 'program.test.mjs'), page.program(`js ${runner}`));
      await watch.step(`a test of ${runner}`, async () => {
        const output = await place.run(command);
        expect(output).to.match(/^ *ok 1\b/m);
        expect(output).to.not.match(/^ *not ok/m);
      });
    }
  },
};
