import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { kaneda } from '../../../programs/cli.js';

describe('kaneda worker', () => {
  let cwd: string;
  beforeEach(() => {
    cwd = mkdtempSync(join(tmpdir(), 'kaneda-worker-'));
  });
  afterEach(() => rmSync(cwd, { recursive: true }));

  it('says all faults of queue and store at once, each by the name it has where it stands, and ends', async () => {
    const env = {
      KANEDA_QUEUE: 'rq',
      KANEDA_RQ_REDIS_URL: 'redis://:hunter2/b@127.0.0.1:6379/0',
      KANEDA_BACKEND: 'elasticsearch',
      KANEDA_ELASTIC_CONNECTION_URL: 'ftp://u:hunter2@h',
    };
    const { code, stderr } = await kaneda(['worker'], { cwd, env });
    expect(code).to.equal(1);
    expect(stderr)
      .to.contain('KANEDA_RQ_REDIS_URL: ')
      .and.to.contain('KANEDA_ELASTIC_CONNECTION_URL: ');
    expect(stderr).to.not.match(/redisUrl|connectionUrl|hunter2/);
  });

  it('warns that in debug mode reports leave the queue and are only logged', async () => {
    const env = {
      KANEDA_QUEUE: './queue.cjs',
      KANEDA_BACKEND: 'logger',
      KANEDA_DEBUG: '1',
      KANEDA_LOGGER_FILENAME: 'm.log',
    };
    writeFileSync(
      join(cwd, 'queue.cjs'),
      'module.exports = class { constructor() { throw new Error("no queue"); } accept() {} take() {} };',
    );
    const { stderr } = await kaneda(['worker'], { cwd, env });
    expect(stderr).to.contain(
      'KANEDA_DEBUG is set: reports are taken from the queue and only logged',
    );
  });

  it('ends when only the store is faulty', async () => {
    const env = {
      KANEDA_QUEUE: 'rq',
      KANEDA_RQ_REDIS_URL: 'redis://127.0.0.1:1',
      KANEDA_BACKEND: 'otlp',
      KANEDA_OTLP_URL: 'x',
    };
    const { code, stderr } = await kaneda(['worker'], {
      cwd,
      env: { ...env, KANEDA_OUTBOX_DIRECTORY: 'outbox' },
    });
    expect(code).to.equal(1);
    expect(stderr).to.contain('KANEDA_OTLP_URL');
  });
});
