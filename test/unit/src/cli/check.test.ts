import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { kaneda } from '../../../programs/cli.js';

describe('kaneda check', () => {
  let cwd: string;
  beforeEach(() => {
    // The command shows paths without links, which the system's folder may be.
    cwd = realpathSync(mkdtempSync(join(tmpdir(), 'kaneda-check-')));
  });
  afterEach(() => rmSync(cwd, { recursive: true }));

  const check = async (env: Record<string, string> = {}, ...more: string[]) => {
    const { code, stdout } = await kaneda(['check', '--json', ...more], { cwd, env });
    return { code, result: JSON.parse(stdout) };
  };

  it('finds all well with a log file: writes one report and reads it back', async () => {
    writeFileSync(
      join(cwd, 'kanedasettings.json'),
      '{"BACKEND":"logger","LOGGER_FILENAME":"m.log"}',
    );
    const { code, result } = await check();
    expect(code).to.equal(0);
    expect(result).to.include({ ok: true });
    expect(result.checks).to.deep.equal([
      {
        name: 'BACKEND',
        target: 'logger',
        address: join(cwd, 'm.log'),
        ok: true,
        steps: ['reached', 'one report written', 'read back'],
        remarks: [],
      },
    ]);
    expect(result.settings.BACKEND).to.deep.equal({
      value: 'logger',
      from: join(cwd, 'kanedasettings.json'),
    });
    expect(result.settings.MODE).to.deep.equal({ value: 'aggregate', from: 'default' });
    expect(JSON.parse(readFileSync(join(cwd, 'm.log'), 'utf8'))).to.include({
      name: 'kaneda.check',
      metric: 'event',
    });
  });

  it('calls it a fault when nothing is set', async () => {
    const { code, result } = await check();
    expect(code).to.equal(1);
    expect(result.faults).to.have.length(1);
    expect(result.faults[0]).to.include({ path: 'BACKEND or QUEUE', reason: 'missing' });
  });

  it('names every fault of the settings at once', async () => {
    const { code, result } = await check({
      KANEDA_BACKEND: 'mongo',
      KANEDA_MONGO_PORT: 'x',
      KANEDA_MODE: 'y',
    });
    expect(code).to.equal(1);
    expect(result.faults.map((fault: { path: string }) => fault.path)).to.have.members([
      'KANEDA_MONGO_PORT',
      'KANEDA_MODE',
      'MONGO_CONNECTION_URL or MONGO_HOST',
    ]);
  });

  it('says what stands in the way of a store that cannot be reached, without secrets', async () => {
    const url = 'influxdb://u:hunter2@127.0.0.1:1/db';
    const { code, result } = await check({
      KANEDA_BACKEND: 'influxdb',
      KANEDA_INFLUX_CONNECTION_URL: url,
    });
    expect(code).to.equal(1);
    expect(result.checks[0]).to.include({ ok: false, target: 'influxdb' });
    expect(result.checks[0].steps).to.deep.equal(['not reached']);
    expect(result.checks[0].remedy).to.be.a('string').and.contain('ECONNREFUSED');
    expect(JSON.stringify(result)).to.not.contain('hunter2');
  });

  for (const password of ['hunter2/sEcr', 'hunter2#sEcr', 'hunter2?sEcr', '12345/sEcr']) {
    it(`shows nothing of the password ${password}, which is not escaped`, async () => {
      const env = {
        KANEDA_QUEUE: 'rq',
        KANEDA_RQ_REDIS_URL: `redis://u:${password}@127.0.0.1:1/0`,
        KANEDA_BACKEND: 'mongodb',
        KANEDA_MONGO_CONNECTION_URL: `mongodb://u:${password}@127.0.0.1:1/`,
      };
      for (const more of [[], ['--json']]) {
        const { code, stdout, stderr } = await kaneda(['check', ...more], { cwd, env });
        expect(code).to.equal(1);
        expect(stdout).to.contain('RQ_REDIS_URL');
        expect(stdout + stderr).to.not.match(/hunter2|sEcr|12345/);
      }
    });
  }

  it('says what to do about a file that cannot be written', async () => {
    const { code, result } = await check({
      KANEDA_BACKEND: 'logger',
      KANEDA_LOGGER_FILENAME: 'absent/m.log',
    });
    expect(code).to.equal(1);
    expect(result.checks[0].remedy).to.contain('absent');
  });

  describe('with --no-write', () => {
    const asks = (filename: string) =>
      check({ KANEDA_BACKEND: 'logger', KANEDA_LOGGER_FILENAME: filename }, '--no-write');

    it('leaves no file where there is none', async () => {
      const { code, result } = await asks('m.log');
      expect(code).to.equal(0);
      expect(result.checks[0].steps).to.deep.equal(['reached', 'nothing written']);
      expect(readdirSync(cwd)).to.deep.equal([]);
    });

    it('adds nothing to a file', async () => {
      writeFileSync(join(cwd, 'm.log'), 'a\n');
      expect((await asks('m.log')).code).to.equal(0);
      expect(readFileSync(join(cwd, 'm.log'), 'utf8')).to.equal('a\n');
    });

    it('finds a directory that is not there, and one in the place of the file', async () => {
      const absent = await asks('absent/m.log');
      expect(absent.code).to.equal(1);
      expect(absent.result.checks[0]).to.deep.include({ ok: false, steps: ['not reached'] });
      expect(absent.result.checks[0].remedy).to.match(/absent.* its directory does not exist/);
      expect((await asks('.')).result.checks[0].remedy).to.contain('it is a directory');
    });

    it('refuses to set up at the same time', async () => {
      const { code, stderr } = await kaneda(['check', '--no-write', '--setup'], { cwd });
      expect(code).to.equal(1);
      expect(stderr).to.contain('leave out --setup or --no-write');
    });
  });

  it('is readable for people', async () => {
    const { code, stdout } = await kaneda(['check'], {
      cwd,
      env: { KANEDA_BACKEND: 'logger', KANEDA_LOGGER_FILENAME: 'm.log' },
    });
    expect(code).to.equal(0);
    expect(stdout)
      .to.contain('LOGGER_FILENAME')
      .and.contain(
        `✓ BACKEND logger (${join(cwd, 'm.log')}): reached, one report written, read back`,
      );
  });
});
