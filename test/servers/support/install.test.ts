import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { installed, locked, run } from '../../support/servers/install.js';
import { temporaryFolder } from '../../support/servers/process.js';
import { UnavailableError } from '../../support/servers/server.js';

const PROGRAM = fileURLToPath(new URL('../../programs/servers/installs.ts', import.meta.url));

describe('the cache of installed programs', () => {
  const before = process.env.KANEDA_TEST_CACHE;
  let cache: string;
  beforeEach(() => {
    cache = temporaryFolder('cache');
    process.env.KANEDA_TEST_CACHE = cache;
  });
  afterEach(() => {
    if (before === undefined) delete process.env.KANEDA_TEST_CACHE;
    else process.env.KANEDA_TEST_CACHE = before;
  });

  it('makes a thing once for several processes', async () => {
    const journal = join(cache, 'journal');
    const one = () => run(process.execPath, ['--import', 'tsx', PROGRAM, journal]);
    const folders = new Set(await Promise.all([one(), one(), one()]));
    expect([...folders]).to.deep.equal([`${join(cache, 'thing-1')}\n`]);
    expect(readFileSync(journal, 'utf8')).to.equal('made\n');
    expect(readFileSync(join(cache, 'thing-1', 'thing'), 'utf8')).to.equal('whole');
  });

  it('keeps nothing of an install that failed, and says why', async () => {
    const failing = installed('thing', 'thing-1', async (into) => {
      writeFileSync(join(into, 'half'), '');
      throw new Error('no network');
    });
    const error = await failing.catch((e: unknown) => e);
    expect(error).to.be.instanceOf(UnavailableError);
    expect((error as Error).message).to.include('no network');
    expect(readdirSync(cache)).to.deep.equal([]);
  });

  it('takes a lock over from a process that is gone', async () => {
    const { pid } = spawnSync('true');
    writeFileSync(join(cache, 'name.lock'), String(pid));
    expect(await locked('name', async () => 'mine')).to.equal('mine');
    expect(existsSync(join(cache, 'name.lock'))).to.equal(false);
  });
});
