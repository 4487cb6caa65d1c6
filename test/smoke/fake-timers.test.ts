import { expect } from 'chai';
import { clearLanes, lane, makeWorkshop } from './lanes.js';

const ESM = { NODE_OPTIONS: '--experimental-vm-modules' };

describe('a test with fake timers', function () {
  this.timeout(120_000);
  before(makeWorkshop);
  after(clearLanes);

  for (const [runner, name, type, command, env] of [
    ['Jest in its default mode', 'jest', 'commonjs', ['npx', 'jest'], {}],
    ['Jest with jsdom', 'jest', 'commonjs', ['npx', 'jest', '--env=jsdom'], {}],
    ['Jest with ESM', 'jest-esm', 'module', ['npx', 'jest'], ESM],
    ['vitest', 'vitest', 'module', ['npx', 'vitest', 'run'], {}],
    ['node:test', 'node-test', 'module', [process.execPath, '--test'], {}],
  ] as const) {
    it(`stores a number and an event in ${runner}`, async () => {
      const made = await lane(name, type);
      // So that Jest and vitest look in this folder only.
      if (name.startsWith('jest')) made.write('jest.config.json', '{}');
      const [program, ...args] = command;
      await made.run(program, args, env);
      expect(made.stored()).to.deep.equal(['orders', 'started']);
    });
  }
});
