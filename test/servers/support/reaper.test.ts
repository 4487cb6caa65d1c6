import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { Redis } from 'ioredis';
import { temporaryFolder } from '../../support/servers/process.js';
import { redisProgram } from '../../support/servers/redis.js';
import { orSkip } from '../../support/servers/server.js';
import { silence } from '../../support/servers/silence.js';

const PROGRAM = fileURLToPath(new URL('../../programs/servers/leaves-redis.ts', import.meta.url));

describe('the reaper', () => {
  before(async function () {
    await orSkip(this, redisProgram);
  });

  it('ends the servers and removes the folders of a test process that was killed', async () => {
    const temporary = temporaryFolder('reaper');
    const env = { ...process.env, TMPDIR: temporary };
    const child = spawn(process.execPath, ['--import', 'tsx', PROGRAM], {
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [url] = (await once(child.stdout, 'data')) as [Buffer];
    const client = new Redis(url.toString().trim(), { retryStrategy: () => null });
    client.on('error', () => {});
    expect(await client.ping()).to.equal('PONG');
    const ended = once(client, 'end');
    child.kill('SIGKILL');
    await ended;
    while (readdirSync(temporary).some((name) => name.startsWith('kaneda-redis-')))
      await silence(20);
  });
});
