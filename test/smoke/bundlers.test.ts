import { expect } from 'chai';
import { Redis } from 'ioredis';
import { startRedis } from '../support/servers/redis.js';
import type { Server } from '../support/servers/server.js';
import { clearLanes, type Lane, lane, makeWorkshop } from './lanes.js';
import { NAMES } from './names.js';
import { ENTRY_POINTS, MANIFEST, specifier } from './project.js';

const BOTH = ['orders', 'started'];
const BANNER =
  '--banner:js=import { createRequire } from "node:module"; const require = createRequire(import.meta.url);';

describe('a bundle of a program', function () {
  this.timeout(300_000);
  before(makeWorkshop);
  after(clearLanes);

  /** Builds as the page has it, runs the bundle, and looks what is in the log file. */
  const builds = async (name: string, bundle: string, command: string, ...args: string[]) => {
    const made = await lane(name);
    await made.run(command, args);
    await made.run(process.execPath, [bundle]);
    expect(made.stored()).to.deep.equal(BOTH);
  };

  for (const [script, bundle] of [
    ['esm.sh', 'dist/app.mjs'],
    ['external.sh', 'dist/app.mjs'],
    ['splitting.sh', 'dist/app.mjs'],
    ['cjs.sh', 'dist/app.cjs'],
  ] as const) {
    it(`stores a number and an event when esbuild made it by ${script}`, () =>
      builds('esbuild', bundle, 'sh', script));
  }

  it('stores a number and an event when webpack made it', () =>
    builds('webpack', 'dist/app.mjs', 'npx', 'webpack'));

  it('stores a number and an event when Rollup made it', () =>
    builds('rollup', 'dist/app.mjs', 'npx', 'rollup', '-c'));

  it('stores a number and an event when Vite made it for the server', () =>
    builds('vite', 'dist/app.mjs', 'npx', 'vite', 'build'));

  it('stores a number and an event when ncc made it', () =>
    builds('ncc', 'dist/index.mjs', 'sh', 'build.sh'));

  it('stores what nft copied, without the rest of the packages', async () => {
    const traced = await lane('nft');
    traced.write('trace.mjs', TRACE);
    const files = JSON.parse(await traced.run(process.execPath, ['trace.mjs'])) as string[];
    expect(files.filter((file) => /kaneda-otel\/dist\/(queues|exporters\/mongodb)/.test(file))).to
      .be.empty;
    await traced.run(process.execPath, ['copy/app.mjs']);
    expect(traced.stored()).to.deep.equal(BOTH);
  });

  it('loads each entry point from CommonJS, with everything else beside it', async () => {
    const every = await lane('every', 'commonjs');
    const entries = ENTRY_POINTS.filter((entry) => !entry.includes('nest'));
    const files = entries.map((entry, i) => {
      every.write(`in/${i}.mjs`, `export * from '${specifier(entry)}';`);
      return `in/${i}.mjs`;
    });
    const peers = Object.keys(MANIFEST.peerDependencies).map((name) => `--external:${name}`);
    const bundle = ['--bundle', '--platform=node', '--format=cjs', '--outdir=out'];
    await every.run('npx', ['esbuild', ...files, ...bundle, '--out-extension:.js=.cjs', ...peers]);
    for (const [i, entry] of entries.entries()) {
      const names = await every.run(process.execPath, [
        '--print',
        `Object.keys(require('./out/${i}.cjs')).join()`,
      ]);
      expect(names.trim().split(','), entry).to.include.members([...(NAMES[entry] ?? [])]);
    }
  });

  it('is made without a client, which is named when it is needed', async () => {
    const without = await lane('without');
    without.write('rethink.mjs', RETHINK);
    await esbuild(without, 'rethink.mjs');
    const told = await without.run(process.execPath, ['rethink.out.mjs']);
    expect(told).to.match(/npm install rethinkdb@/);
  });

  describe('with its client', () => {
    let redis: Server;
    before(async () => {
      redis = await startRedis();
    });
    after(() => redis?.stop());

    for (const external of [[], ['--external:ioredis']]) {
      it(`stores in Redis with the client ${external.length === 0 ? 'inside' : 'beside it'}`, async () => {
        const made = await lane('client');
        const queueName = `bundle${external.length}`;
        made.write('rq.mjs', rq(redis.url, queueName));
        await esbuild(made, 'rq.mjs', ...external);
        await made.run(process.execPath, ['rq.out.mjs']);
        const client = new Redis(redis.url);
        expect(await client.llen(`rq:queue:${queueName}`)).to.equal(2);
        client.disconnect();
      });
    }
  });
});

function esbuild(made: Lane, program: string, ...more: string[]): Promise<string> {
  const bundle = ['--bundle', '--platform=node', '--format=esm', '--minify', BANNER];
  const out = `--outfile=${program.replace('.mjs', '.out.mjs')}`;
  return made.run('npx', ['esbuild', program, ...bundle, out, ...more]);
}

const rq = (redisUrl: string, queueName: string): string => `
import { Metrics } from 'kaneda-otel';
import { RQQueue } from 'kaneda-otel/queues/rq';
const queue = new RQQueue({ redisUrl: '${redisUrl}', queueName: '${queueName}' });
const metrics = new Metrics({ queue });
metrics.increment('orders');
metrics.event('started', 'version 3');
await metrics.close();
`;

const RETHINK = `
import { Metrics } from 'kaneda-otel';
import { RethinkExporter } from 'kaneda-otel/exporters/rethinkdb';
try {
  const backend = new RethinkExporter({ onProblem: ({ message }) => console.log(message) });
  const metrics = new Metrics({ backend });
  metrics.increment('orders');
  await metrics.flush({ timeout: 5_000 });
} catch (error) {
  console.log(error.message);
}
process.exit();
`;

const TRACE = `
import { nodeFileTrace } from '@vercel/nft';
import { cpSync } from 'node:fs';
import { dirname, join } from 'node:path';
const base = dirname(dirname(process.cwd()));
const { fileList } = await nodeFileTrace(['app.mjs'], { base });
const own = process.cwd().slice(base.length + 1);
for (const file of fileList) cpSync(join(base, file), file.startsWith(own) ? join('copy', file.slice(own.length)) : join('copy', file));
console.log(JSON.stringify([...fileList]));
`;
