import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import {
  type Fault,
  ImproperlyConfiguredError,
  MissingPackageError,
  SettingsError,
} from '../../../../exporters/errors.js';
import { forApplication, forWorker } from '../../../../src/settings/build.js';
import { loadSettings, Settings } from '../../../../src/settings/settings.js';

/** A store of a user's own, which keeps the options that it is given. */
const OWN_STORE = `const { ReportExporter } = require(${JSON.stringify(
  fileURLToPath(new URL('../../../../exporters/index.ts', import.meta.url)),
)});
  module.exports = class extends ReportExporter {
    constructor(options) { super(); this.options = options; }
    async write() {}
  };`;

describe('stores and queues from settings', () => {
  let cwd: string;
  beforeEach(() => {
    cwd = mkdtempSync(join(tmpdir(), 'kaneda-build-'));
  });
  afterEach(() => rmSync(cwd, { recursive: true }));

  const file = (settings: object): string => {
    const path = join(cwd, 'kanedasettings.json');
    writeFileSync(path, JSON.stringify(settings));
    return path;
  };
  const thrownBy = (make: () => unknown): Error => {
    try {
      make();
    } catch (error) {
      return error as Error;
    }
    throw new Error('nothing was thrown');
  };
  const faultsOf = (make: () => unknown): readonly Fault[] => {
    const error = thrownBy(make);
    expect(error).to.be.instanceOf(SettingsError);
    return (error as SettingsError).faults;
  };

  it('name the faults of queue and store at once, by setting and place', () => {
    const path = file({
      QUEUE: 'rq',
      BACKEND: 'elasticsearch',
      ELASTIC_CONNECTION_URL: 'ftp://h',
      ELASTIC_PASSWORD: 'p',
    });
    const env = { KANEDA_RQ_REDIS_URL: 'redis://:a/b@127.0.0.1:6379/0' };
    const faults = faultsOf(() => forWorker(loadSettings({ cwd, env })));
    expect(faults.map((fault) => [fault.path, fault.remedy])).to.deep.equal([
      ['KANEDA_RQ_REDIS_URL', 'correct or remove RQ_REDIS_URL'],
      [`ELASTIC_CONNECTION_URL (${path})`, 'correct or remove ELASTIC_CONNECTION_URL'],
      ['ELASTIC_USER', 'set both ELASTIC_USER and ELASTIC_PASSWORD'],
    ]);
  });

  it('speak of settings where a fault lies between options', () => {
    file({ BACKEND: 'influxdb', INFLUX_URL: 'http://h', INFLUX_HOST: 'h', INFLUX_PORT: 1 });
    const faults = faultsOf(() => forApplication(loadSettings({ cwd, env: {} })));
    expect(faults.map(({ reason, remedy }) => `${reason}; ${remedy}`)).to.deep.equal([
      'excludes INFLUX_URL; set one of INFLUX_URL, INFLUX_CONNECTION_URL, INFLUX_HOST',
      'is for InfluxDB 1; set INFLUX_TOKEN for InfluxDB 2 and 3, or INFLUX_CONNECTION_URL instead of INFLUX_URL',
    ]);
    const mongo = {
      KANEDA_BACKEND: 'mongo',
      KANEDA_MONGO_CONNECTION_URL: 'mongodb://h',
      KANEDA_MONGO_PORT: '1',
    };
    rmSync(join(cwd, 'kanedasettings.json'));
    expect(faultsOf(() => forApplication(loadSettings({ cwd, env: mongo })))[0]).to.deep.equal({
      path: 'KANEDA_MONGO_PORT',
      reason: 'goes with MONGO_HOST',
      remedy: 'write the port into MONGO_CONNECTION_URL',
    });
  });

  it('have the outbox that the settings name, bounded by its own default', () => {
    writeFileSync(join(cwd, 'store.cjs'), OWN_STORE);
    const outbox = (env: Record<string, string>) =>
      (
        forApplication(loadSettings({ cwd, env: { ...env, KANEDA_BACKEND: './store.cjs' } }))
          .backend as unknown as {
          options: object;
        }
      ).options;
    expect(outbox({})).to.deep.equal({ outbox: { maxBytes: 2 ** 26 } });
    expect(outbox({ KANEDA_OUTBOX_DIRECTORY: 'o' })).to.deep.equal({
      outbox: { maxBytes: 2 ** 30, directory: join(cwd, 'o') },
    });
    expect(
      outbox({ KANEDA_OUTBOX_MAX_BYTES: '5', KANEDA_OUTBOX_DIRECTORY: 'o' }),
    ).to.have.nested.property('outbox.maxBytes', 5);
  });

  it('name the packages that are missing at once', () => {
    const without = (name: string) =>
      class {
        constructor() {
          throw new MissingPackageError({ package: name, range: '7', neededBy: 'It' });
        }
      };
    const both = new Settings({ QUEUE: without('ioredis'), BACKEND: without('mongodb') });
    const error = thrownBy(() => forWorker(both));
    expect(error).to.be.instanceOf(ImproperlyConfiguredError);
    expect(error.message).to.contain('npm install ioredis').and.to.contain('npm install mongodb');
    const mixed = new Settings({ QUEUE: without('ioredis'), BACKEND: 'otlp', OTLP_URL: 'ftp://h' });
    expect(
      faultsOf(() => forWorker(mixed)).map(({ path, remedy }) => `${path}: ${remedy}`),
    ).to.deep.equal([
      'QUEUE (settings): run `npm install ioredis@7`',
      'OTLP_URL: correct or remove OTLP_URL',
    ]);
  });

  it("give every store and queue the application's name", () => {
    const made = (env: Record<string, string>) =>
      forApplication(loadSettings({ cwd, env: { KANEDA_APP_NAME: 'shop', ...env } }));
    writeFileSync(join(cwd, 'store.cjs'), OWN_STORE);
    expect(made({ KANEDA_BACKEND: './store.cjs' }).backend)
      .to.have.nested.property('options.appName')
      .that.equals('shop');
    expect(loadSettings({ cwd, env: { KANEDA_APP_NAME: 'shop' } }).ELASTIC_APP_NAME).to.equal(
      'shop',
    );
    const own = { KANEDA_APP_NAME: 'shop', KANEDA_ELASTIC_APP_NAME: 'till' };
    expect(loadSettings({ cwd, env: own }).ELASTIC_APP_NAME).to.equal('till');
  });

  it('let every store and queue leave out distributions', () => {
    writeFileSync(join(cwd, 'plain.cjs'), OWN_STORE);
    const made = (env: Record<string, string>) =>
      (
        forApplication(loadSettings({ cwd, env: { KANEDA_BACKEND: './plain.cjs', ...env } }))
          .backend as unknown as { options: object }
      ).options;
    expect(made({ KANEDA_DISTRIBUTIONS: 'false' })).to.have.property('distributions', false);
    expect(made({})).to.not.have.property('distributions');
    expect(() => made({ KANEDA_DISTRIBUTIONS: 'maybe' })).to.throw(/DISTRIBUTIONS/);
  });

  it('know errors by their code, also those of another copy of the package', () => {
    class Foreign extends Error {
      readonly code = 'KANEDA_IMPROPERLY_CONFIGURED';
    }
    class Refusing {
      constructor() {
        throw new Foreign('not today');
      }
    }
    const settings = new Settings({ QUEUE: Refusing, BACKEND: 'otlp', OTLP_URL: 'ftp://h' });
    expect(faultsOf(() => forWorker(settings)).map(({ path }) => path)).to.deep.equal([
      'QUEUE (settings)',
      'OTLP_URL',
    ]);
  });
});
