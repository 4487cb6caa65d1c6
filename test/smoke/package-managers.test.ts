import { join } from 'node:path';
import { expect } from 'chai';
import { run } from '../support/servers/install.js';
import { temporaryFolder } from '../support/servers/process.js';
import { clearLanes, lane, makeWorkshop, OPENTELEMETRY } from './lanes.js';

const BOTH = ['orders', 'started'];

describe('the page’s program', function () {
  this.timeout(300_000);
  before(makeWorkshop);
  after(clearLanes);

  for (const name of ['deno', 'bun'])
    it(`stores a number and an event on ${name}`, async () => {
      const made = await lane(name);
      await made.run('sh', ['run.sh']);
      expect(made.stored()).to.deep.equal(BOTH);
    });

  it('stores a number and an event where pnpm installed the packages', async () => {
    const { folder, tarball } = await makeWorkshop();
    const made = await lane('pnpm', 'module', temporaryFolder('pnpm'));
    await made.run(join(folder, 'node_modules/.bin/pnpm'), ['add', tarball, ...OPENTELEMETRY]);
    await made.run(process.execPath, ['app.mjs']);
    expect(made.stored()).to.deep.equal(BOTH);
  });

  it('stores a number and an event once with Yarn’s Plug’n’Play', async () => {
    const { folder, tarball } = await makeWorkshop();
    const made = await lane('yarn', 'module', temporaryFolder('yarn'));
    made.write('.yarnrc.yml', 'nodeLinker: pnp\nenableTelemetry: false\n');
    made.write('yarn.lock', '');
    const yarn = join(folder, 'node_modules/.bin/yarn');
    const env = await registry();
    await made.run(yarn, ['add', `kaneda-otel@file:${tarball}`, ...OPENTELEMETRY], env);
    await made.run(yarn, ['node', 'app.mjs'], env);
    expect(made.stored()).to.deep.equal(BOTH);
  });
});

/** Yarn does not read npm's configuration. */
async function registry(): Promise<NodeJS.ProcessEnv> {
  const url = (await run('npm', ['config', 'get', 'registry'])).trim().replace(/\/$/, '');
  return { YARN_NPM_REGISTRY_SERVER: url, YARN_ENABLE_IMMUTABLE_INSTALLS: 'false' };
}
