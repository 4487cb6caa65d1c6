import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { expect } from 'chai';
import { SettingsError } from '../../../../exporters/errors.js';
import { quoteValue } from '../../../../src/settings/mask.js';
import { ignoredBy, originsOf } from '../../../../src/settings/provenance.js';
import { loadSettings } from '../../../../src/settings/settings.js';

describe('loadSettings', () => {
  let cwd: string;
  beforeEach(() => {
    cwd = mkdtempSync(join(tmpdir(), 'kaneda-settings-'));
  });
  afterEach(() => rmSync(cwd, { recursive: true }));

  const file = (name: string, text: string): string => {
    writeFileSync(join(cwd, name), text);
    return join(cwd, name);
  };
  const load = (env: Record<string, string> = {}) => loadSettings({ cwd, env });
  const faultsOf = (env: Record<string, string> = {}) => {
    try {
      load(env);
    } catch (error) {
      expect(error).to.be.instanceOf(SettingsError);
      return (error as SettingsError).faults;
    }
    throw new Error('no fault was found');
  };

  it('refuses faulty options of its own', () => {
    const refused = (options: unknown, text: string): unknown =>
      expect(() => loadSettings(options as never)).to.throw(SettingsError, text);
    refused({ cdw: cwd }, 'loadSettings: cdw: unknown; did you mean cwd?');
    for (const value of [null, 5, '']) refused({ cwd: value }, 'cwd: must be a non-empty string');
    for (const env of [null, 5, []]) refused({ cwd, env }, 'env: must be an object');
    for (const options of [null, cwd]) refused(options, 'options: must be an object');
  });

  it("has Kaneda's defaults where nothing is set, and no store", () => {
    const settings = load();
    expect(settings).to.include({
      ELASTIC_INDEX_NAME: 'kaneda',
      ELASTIC_APP_NAME: 'default',
      ELASTIC_TIMEOUT: 0.3,
      MONGO_COLLECTION_NAME: 'default',
      MONGO_TIMEOUT: 300,
      RQ_QUEUE_NAME: 'kaneda',
      CELERY_QUEUE_NAME: '',
      DEBUG: false,
      MODE: 'aggregate',
      EXPORT_INTERVAL: 10_000,
    });
    expect(settings).to.not.have.any.keys('BACKEND', 'QUEUE', 'ELASTIC_HOST');
  });

  for (const name of [
    'elasticsearch',
    'ElasticsearchBackend',
    'kaneda.backends.ElasticsearchBackend',
    'kaneda.backends.elasticsearch.ElasticsearchBackend',
  ]) {
    it(`knows the store ${name}`, () => {
      expect(load({ KANEDA_BACKEND: name, KANEDA_ELASTIC_HOST: 'localhost' }).BACKEND).to.equal(
        'elasticsearch',
      );
    });
  }
  for (const [name, ours] of [
    ['kaneda.queues.RQQueue', 'rq'],
    ['CeleryQueue', 'celery'],
    ['bullmq', 'bullmq'],
  ]) {
    it(`knows the queue ${name}`, () => {
      const broker = {
        KANEDA_RQ_REDIS_URL: 'redis://h',
        KANEDA_CELERY_BROKER: 'redis://h',
        KANEDA_BULLMQ_REDIS_URL: 'redis://h',
      };
      expect(load({ KANEDA_QUEUE: name!, ...broker }).QUEUE).to.equal(ours);
    });
  }

  describe('a file', () => {
    const written = { BACKEND: 'mongo', MONGO_HOST: 'db', MONGO_PORT: 27_017 };
    const forms: [string, string][] = [
      ['kanedasettings.json', JSON.stringify(written)],
      [
        'kanedasettings.mjs',
        `export const BACKEND = 'mongo', MONGO_HOST = 'db', MONGO_PORT = 27017;`,
      ],
      ['kanedasettings.mjs', `export default ${JSON.stringify(written)};`],
      ['kanedasettings.js', `module.exports = ${JSON.stringify(written)};`],
      [
        'kanedasettings.js',
        `exports.BACKEND = 'mongo'; exports.MONGO_HOST = 'db'; exports.MONGO_PORT = 27017;`,
      ],
      [
        'kanedasettings.json',
        JSON.stringify({
          KANEDA_BACKEND: 'mongo',
          KANEDA_MONGO_HOST: 'db',
          KANEDA_MONGO_PORT: 27_017,
        }),
      ],
    ];
    for (const [name, text] of forms) {
      it(`${name}: ${text.slice(0, 40)}`, () => {
        const path = file(name, text);
        const settings = load();
        expect(settings).to.include({ BACKEND: 'mongodb', MONGO_HOST: 'db', MONGO_PORT: 27_017 });
        expect(originsOf(settings)).to.include({ MONGO_HOST: path, MONGO_TIMEOUT: 'default' });
      });
    }

    it('is found where KANEDA_SETTINGS_MODULE says, with or without its extension, and under the name of old', () => {
      file('other.json', '{"MODE":"individual"}');
      expect(load({ KANEDA_SETTINGS_MODULE: './other.json' }).MODE).to.equal('individual');
      expect(load({ KANEDA_SETTINGS_MODULE: 'other' }).MODE).to.equal('individual');
      expect(load({ DEFAULT_SETTINGS_ENVVAR: join(cwd, 'other') }).MODE).to.equal('individual');
      expect(faultsOf({ KANEDA_SETTINGS_MODULE: 'absent' })[0]).to.include({
        path: 'KANEDA_SETTINGS_MODULE',
      });
    });

    it('is overruled by the environment', () => {
      file('kanedasettings.json', '{"MONGO_HOST":"file","EXPORT_INTERVAL":5}');
      const settings = load({ KANEDA_MONGO_HOST: 'variable' });
      expect(settings).to.include({ MONGO_HOST: 'variable', EXPORT_INTERVAL: 5 });
      expect(originsOf(settings).MONGO_HOST).to.equal('KANEDA_MONGO_HOST');
    });

    it('that cannot be read is a fault which does not quote it', () => {
      const path = file('kanedasettings.json', '{"MONGO_PASSWORD": "hunter2" oops');
      const [fault] = faultsOf();
      expect(fault).to.include({ path });
      expect(JSON.stringify(fault)).to.not.contain('hunter2');
    });

    for (const [text, remedy] of [
      [
        '{\n  "MODE": "individual",\n  MONGO_PASSWORD: "hunter2"\n}',
        'correct its JSON at line 3, column 3',
      ],
      ['{"MODE":', 'correct its JSON: it ends too early'],
      ['{"MODE": hunter2}', 'correct its JSON'],
    ] as const) {
      it(`that is no JSON is to be corrected: ${remedy}`, () => {
        file('kanedasettings.json', text);
        expect(faultsOf()).to.have.length(1);
        expect(faultsOf()[0]?.remedy).to.equal(remedy);
      });
    }

    it('with top-level await names the remedy', () => {
      file('kanedasettings.mjs', 'export const MODE = await "aggregate";');
      expect(faultsOf()[0]?.remedy).to.match(/top-level await/);
    });
  });

  it('reports all faults together, each with its place and a suggestion', () => {
    const path = file(
      'kanedasettings.json',
      '{"ELASTIC_HSOT":"h","ELASTIC_PORT":"many","backend":"x"}',
    );
    const faults = faultsOf({
      KANEDA_BACKEND: 'elasticsaerch',
      KANEDA_MODE: 'both',
      KANEDA_EXPORT_INTERVL: '5',
    });
    expect(faults.map((fault) => fault.path)).to.have.members([
      `ELASTIC_HSOT (${path})`,
      `ELASTIC_PORT (${path})`,
      `backend (${path})`,
      'KANEDA_BACKEND',
      'KANEDA_MODE',
      'KANEDA_EXPORT_INTERVL',
    ]);
    const remedy = (start: string) => faults.find((fault) => fault.path.startsWith(start))?.remedy;
    expect(remedy('ELASTIC_HSOT')).to.equal('did you mean ELASTIC_HOST?');
    expect(remedy('KANEDA_BACKEND')).to.equal('did you mean elasticsearch?');
    expect(remedy('KANEDA_EXPORT_INTERVL')).to.equal('did you mean KANEDA_EXPORT_INTERVAL?');
  });

  it('asks what is missing of the chosen store and queue alone', () => {
    expect(faultsOf({ KANEDA_BACKEND: 'mongodb' }).map((fault) => fault.path)).to.deep.equal([
      'MONGO_CONNECTION_URL or MONGO_HOST',
    ]);
    expect(load({ KANEDA_BACKEND: 'mongodb', KANEDA_DEBUG: 'true' }).DEBUG).to.equal(true);
    expect(load({ KANEDA_BACKEND: 'logger' }).BACKEND).to.equal('logger');
  });

  it('reads lists, numbers, truths and headers from the environment; an empty variable is not set', () => {
    const settings = load({
      KANEDA_ELASTIC_HOST: 'a, b',
      KANEDA_ELASTIC_PORT: '9200',
      KANEDA_DEBUG: 'no',
      KANEDA_OTLP_HEADERS: 'authorization=Bearer%20x, k = v',
      KANEDA_MONGO_USER: '',
    });
    expect(settings.ELASTIC_HOST).to.deep.equal(['a', 'b']);
    expect(settings.ELASTIC_PORT).to.equal(9200);
    expect(settings.DEBUG).to.equal(false);
    expect(settings.OTLP_HEADERS).to.deep.equal({ authorization: 'Bearer x', k: 'v' });
    expect(settings).to.not.have.property('MONGO_USER');
  });

  it('bounds an outbox on disk as the constructor does, unless told otherwise', () => {
    const bound = (env: Record<string, string>) => load(env).OUTBOX_MAX_BYTES;
    expect(bound({})).to.equal(2 ** 26);
    expect(bound({ KANEDA_OUTBOX_DIRECTORY: 'outbox' })).to.equal(2 ** 30);
    expect(bound({ KANEDA_OUTBOX_DIRECTORY: 'outbox', KANEDA_OUTBOX_MAX_BYTES: '5' })).to.equal(5);
    file('kanedasettings.json', '{"OUTBOX_DIRECTORY":""}');
    expect(bound({})).to.equal(2 ** 26);
  });

  it("leaves a cluster's own variables alone", () => {
    expect(() =>
      load({
        KANEDA_PORT: 'tcp://10.0.0.1:80',
        KANEDA_SERVICE_HOST: '10.0.0.1',
        KANEDA_SERVICE_PORT: '80',
        KANEDA_PORT_80_TCP_ADDR: '10.0.0.1',
      }),
    ).to.not.throw();
  });

  it('takes a queue under BACKEND for the queue', () => {
    const settings = load({
      KANEDA_BACKEND: 'kaneda.queues.CeleryQueue',
      KANEDA_CELERY_BROKER: 'redis://h',
    });
    expect(settings.QUEUE).to.equal('celery');
    expect(settings).to.not.have.property('BACKEND');
  });

  it("finds a module of the user's own beside the settings file", () => {
    file('own-store.mjs', 'export default class {}');
    expect(load({ KANEDA_BACKEND: './own-store.mjs' }).BACKEND).to.equal('./own-store.mjs');
    expect(faultsOf({ KANEDA_BACKEND: './absent.mjs' })[0]).to.include({ path: 'KANEDA_BACKEND' });
  });

  it('masks secrets however it is printed, and hands them out', () => {
    const settings = load({
      KANEDA_ELASTIC_PASSWORD: 'hunter2',
      KANEDA_ELASTIC_CONNECTION_URL: 'https://u:hunter2@a:9200,https://u:hunter2@b:9200',
      KANEDA_OTLP_HEADERS: 'authorization=hunter2',
      KANEDA_INFLUX_URL: 'http://h:8086/?token=hunter2',
    });
    for (const printed of [
      inspect(settings),
      JSON.stringify(settings),
      String(settings),
      `${inspect({ settings })}`,
    ]) {
      expect(printed).to.contain('ELASTIC_PASSWORD').and.to.not.contain('hunter2');
    }
    expect(JSON.parse(JSON.stringify(settings)).ELASTIC_CONNECTION_URL).to.deep.equal([
      'https://***@a:9200',
      'https://***@b:9200',
    ]);
    expect(settings.ELASTIC_PASSWORD).to.equal('hunter2');
  });

  const HARD = [
    'hunter2/sEcr',
    'hunter2#sEcr',
    'hunter2?sEcr',
    '12345/sEcr',
    'a@hunter2/sEcr',
    'hunter2 sEcr',
    'hunter2\\sEcr',
    '%hunter2/%sEcr',
  ];
  const URLS: Record<string, (password: string) => string> = {
    RQ_REDIS_URL: (password) => `redis://:${password}@127.0.0.1:6379/0`,
    BULLMQ_REDIS_URL: (password) => `redis://user:${password}@127.0.0.1:6379/0`,
    CELERY_BROKER: (password) => `amqp://user:${password}@127.0.0.1`,
    MONGO_CONNECTION_URL: (password) => `mongodb://u:${password}@127.0.0.1/`,
    ELASTIC_CONNECTION_URL: (password) => `https://u:${password}@a:9200`,
    INFLUX_CONNECTION_URL: (password) => `influxdb://u:${password}@h:8086/db`,
    INFLUX_URL: (password) => `http://h:8086/?u=user&p=${password}`,
    OTLP_URL: (password) => `http://u:${password}@h:4318`,
    ELASTIC_HOST: (password) => `http://u:${password}@h`,
    MONGO_HOST: (password) => `u:${password}@h`,
  };
  for (const [name, url] of Object.entries(URLS)) {
    it(`masks a password that is not escaped in ${name}`, () => {
      for (const password of HARD) {
        const settings = load({ [`KANEDA_${name}`]: url(password) });
        for (const printed of [inspect(settings), JSON.stringify(settings), String(settings)]) {
          expect(printed)
            .to.contain(name)
            .and.to.not.match(/hunter2|sEcr|12345/);
        }
      }
    });
  }

  it('shows of a URL what is no secret', () => {
    const shown = (url: string) =>
      JSON.parse(JSON.stringify(load({ KANEDA_MONGO_CONNECTION_URL: url }))).MONGO_CONNECTION_URL;
    expect(shown('mongodb://u:p%2Fq@a:1,b:2/db?replicaSet=r')).to.equal(
      'mongodb://***@a:1,b:2/db?***',
    );
    expect(shown('mongodb+srv://h/db')).to.equal('mongodb+srv://h/db');
    expect(shown('mongodb://u:p')).to.equal('***');
  });

  for (const [name, text, reason] of [
    ['EXPORT_INTERVAL', '2147483648', /1 to 2147483647, but is 2147483648$/],
    ['EXPORT_INTERVAL', '0.001', /1 to 2147483647, but is 0.001$/],
    ['EXPORT_INTERVAL', '-1', /but is -1$/],
    ['EXPORT_INTERVAL', 'Infinity', /^must be milliseconds.*, but is Infinity$/],
    ['MONGO_TIMEOUT', '2147483648', /but is 2147483648$/],
    ['MONGO_TIMEOUT', '0.3', /but is 0.3$/],
    ['ELASTIC_TIMEOUT', '2147484', /but is 2147484$/],
    ['RETHINK_TIMEOUT', '0.0001', /but is 0.0001$/],
    ['INFLUX_TIMEOUT', '300000000', /but is 300000000$/],
    ['ELASTIC_PORT', '65536', /but is 65536$/],
    ['MONGO_PORT', 'x', /^must be a port, 1 to 65535, but is "x"$/],
    ['OUTBOX_MAX_BYTES', '1.5', /but is 1.5$/],
    ['CONCURRENCY', '0', /but is 0$/],
    ['BATCH_SIZE', '1e400', /^must be a whole number above 0/],
    ['MODE', 'both', /^must be 'aggregate' or 'individual', but is "both"$/],
    ['DEBUG', 'maybe', /^must be true or false, but is "maybe"$/],
  ] as const) {
    it(`refuses ${name}=${text}, and quotes it`, () => {
      const [fault, ...others] = faultsOf({ [`KANEDA_${name}`]: text });
      expect(others).to.deep.equal([]);
      expect(fault!.path).to.equal(`KANEDA_${name}`);
      expect(fault!.reason).to.match(reason);
      expect(fault!.remedy).to.match(/^set it to /);
    });
  }

  it('quotes what JSON has no words for as far as it can', () => {
    const ring: Record<string, unknown> = {};
    ring.self = ring;
    expect(quoteValue('CONCURRENCY', 5n)).to.equal(', but is 5');
    expect(quoteValue('CONCURRENCY', Number.NaN)).to.equal(', but is NaN');
    expect(quoteValue('CONCURRENCY', ring)).to.equal('');
  });

  it('quotes no secret that has the wrong type', () => {
    file('kanedasettings.json', '{"ELASTIC_PASSWORD": 12345, "MONGO_CONNECTION_URL": ["hunter2"]}');
    const faults = JSON.stringify(faultsOf());
    expect(faults).to.contain('ELASTIC_PASSWORD').and.contain('MONGO_CONNECTION_URL');
    expect(faults).to.not.match(/12345|hunter2/);
    const url = { KANEDA_MONGO_PORT: 'mongodb://user:hunter2@h' };
    expect(JSON.stringify(faultsOf(url))).to.not.contain('hunter2');
  });

  it('quotes a BACKEND and a QUEUE that nobody knows, without their credentials', () => {
    const reason = (env: Record<string, string>) => faultsOf(env)[0]!.reason;
    expect(reason({ KANEDA_BACKEND: 'postgres' })).to.match(/^"postgres" is neither/);
    expect(reason({ KANEDA_QUEUE: 'kafka' })).to.match(/^"kafka" is neither/);
    expect(reason({ KANEDA_QUEUE: 'elastic' })).to.equal('"elastic" is a store, not a queue');
    expect(reason({ KANEDA_BACKEND: 'redis://u:hunter2@h' }))
      .to.contain('redis://***@h')
      .and.not.contain('hunter2');
  });

  for (const [written, meant] of [
    ['LOGGER_FILE', 'LOGGER_FILENAME'],
    ['ELASTIC_URL', 'ELASTIC_CONNECTION_URL'],
    ['MONGO_DB', 'MONGO_DB_NAME'],
    ['RQ_QUEUE', 'RQ_QUEUE_NAME'],
    ['REDIS_URL', 'RQ_REDIS_URL or KANEDA_BULLMQ_REDIS_URL'],
    ['EXPORT_INTERVL', 'EXPORT_INTERVAL'],
  ] as const) {
    it(`suggests ${meant} for ${written}`, () => {
      expect(faultsOf({ [`KANEDA_${written}`]: 'x' })).to.deep.equal([
        {
          path: `KANEDA_${written}`,
          reason: 'unknown',
          remedy: `did you mean KANEDA_${meant}?`,
        },
      ]);
    });
  }

  it('keeps the names of variables that it ignores', () => {
    const settings = load({ KANEDA_WHATEVER: '1', KANEDA_COLOR: 'red', KANEDA_SERVICE_HOST: 'h' });
    expect(ignoredBy(settings)).to.deep.equal([
      'KANEDA_COLOR',
      'KANEDA_SERVICE_HOST',
      'KANEDA_WHATEVER',
    ]);
  });

  it('trims the line break at the end of a value, and names the one in a password', () => {
    const settings = load({
      KANEDA_BACKEND: 'influxdb\n',
      KANEDA_INFLUX_HOST: 'h\r\n',
      KANEDA_INFLUX_PORT: '8086\n',
      KANEDA_BULLMQ_QUEUE_NAME: 'jobs\n',
    });
    expect(settings).to.include({
      BACKEND: 'influxdb',
      INFLUX_HOST: 'h',
      INFLUX_PORT: 8086,
      BULLMQ_QUEUE_NAME: 'jobs',
    });
    file('kanedasettings.json', '{"RQ_QUEUE_NAME":"jobs\\n"}');
    expect(load().RQ_QUEUE_NAME).to.equal('jobs');
    for (const name of ['ELASTIC', 'MONGO', 'RETHINK', 'INFLUX']) {
      const [fault] = faultsOf({ [`KANEDA_${name}_PASSWORD`]: 'hunter2\n' });
      expect(fault).to.include({
        path: `KANEDA_${name}_PASSWORD`,
        reason: 'has a line break in it',
      });
      expect(JSON.stringify(fault)).to.not.contain('hunter2');
    }
  });

  it('leaves out blanks around a variable, but not around a password; one of blanks is not set', () => {
    file('own.json', '{"APP_NAME":"shop"}');
    const settings = load({
      KANEDA_SETTINGS_MODULE: ' own.json\n',
      KANEDA_BACKEND: '\t elasticsearch ',
      KANEDA_ELASTIC_HOST: ' h',
      KANEDA_ELASTIC_PORT: ' ',
      KANEDA_ELASTIC_PASSWORD: ' pass ',
      KANEDA_RQ_QUEUE_NAME: ' jobs ',
      KANEDA_RQ_SERIALIZER: 'json ',
    });
    expect(settings).to.include({
      APP_NAME: 'shop',
      BACKEND: 'elasticsearch',
      ELASTIC_HOST: 'h',
      ELASTIC_PASSWORD: ' pass ',
      RQ_QUEUE_NAME: 'jobs',
      RQ_SERIALIZER: 'json',
    });
    expect(settings).to.not.have.property('ELASTIC_PORT');
  });

  it('names quotation marks around a variable, and quotes no secret', () => {
    const faults = faultsOf({
      KANEDA_QUEUE: '"rq"',
      KANEDA_RQ_REDIS_URL: "'redis://:hunter2@h'",
      KANEDA_RQ_QUEUE_NAME: '"jobs"\n',
      KANEDA_ELASTIC_HOST: '"a", "b"',
      KANEDA_ELASTIC_PASSWORD: '"pass"',
    });
    expect(faults.map(({ path, reason }) => [path, reason])).to.deep.equal(
      ['QUEUE', 'RQ_REDIS_URL', 'RQ_QUEUE_NAME', 'ELASTIC_HOST'].map((name) => [
        `KANEDA_${name}`,
        'has quotation marks around it',
      ]),
    );
    expect(JSON.stringify(faults)).to.not.contain('hunter2');
  });

  it("suggests the setting that another's word means, and no store for a path", () => {
    for (const [given, meant] of [
      ['MONGO_URI', 'MONGO_CONNECTION_URL'],
      ['INFLUX_DB', 'INFLUX_DATABASE'],
      ['MONGO_DATABASE', 'MONGO_DB_NAME'],
      ['OTLP_ENDPOINT', 'OTLP_URL'],
    ] as const)
      expect(faultsOf({ [`KANEDA_${given}`]: 'x' })[0]).to.include({
        path: `KANEDA_${given}`,
        remedy: `did you mean KANEDA_${meant}?`,
      });
    for (const backend of ['./nope.js', 'lib/mongo', 'no'])
      expect(faultsOf({ KANEDA_BACKEND: backend })[0]?.remedy, backend).to.match(/^use one of/);
  });

  for (const [what, bytes] of [
    ['UTF-8', Buffer.from('\uFEFF{"MODE":"individual"}')],
    ['UTF-16', Buffer.from('\uFEFF{"MODE":"individual"}', 'utf16le')],
    ['UTF-16, the other way round', Buffer.from('\uFEFF{"MODE":"individual"}', 'utf16le').swap16()],
  ] as const) {
    it(`reads a file that begins with a byte order mark: ${what}`, () => {
      writeFileSync(join(cwd, 'kanedasettings.json'), bytes);
      expect(load().MODE).to.equal('individual');
    });
  }
});
