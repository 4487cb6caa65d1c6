import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { INTERNALS } from '../../../../exporters/delivery/internals.js';
import {
  type ExporterOptions,
  type Report,
  ReportExporter,
  rules,
  SettingsError,
} from '../../../../exporters/index.js';
import { BullMQQueue } from '../../../../exporters/queues/bullmq/index.js';
import { CeleryQueue } from '../../../../exporters/queues/celery/index.js';
import { RQQueue } from '../../../../exporters/queues/rq/index.js';
import { setUp } from '../../../../exporters/setup/definition.js';
import { ElasticsearchExporter } from '../../../../exporters/stores/elasticsearch/index.js';
import { InfluxExporter } from '../../../../exporters/stores/influxdb/index.js';
import { LoggerExporter } from '../../../../exporters/stores/logger/index.js';
import { MongoExporter } from '../../../../exporters/stores/mongodb/index.js';
import { OtlpExporter } from '../../../../exporters/stores/otlp/index.js';
import { RethinkExporter } from '../../../../exporters/stores/rethinkdb/index.js';
import { plainReports } from '../../../conformance/suites/exporter.js';
import { until } from '../../../support/until.js';

class Plain extends ReportExporter {
  down = false;
  readonly ids: string[] = [];
  protected async write(reports: readonly Report[]): Promise<void> {
    if (this.down) throw new Error('down');
    this.ids.push(...reports.map(({ id }) => id));
  }
  protected override async disconnect(): Promise<void> {
    disconnected.add(this);
  }
}

interface HttpOptions extends ExporterOptions {
  url?: string;
}

/** As a minifier leaves a class: with a name of one letter. */
const a = class a extends ReportExporter {
  constructor(options: HttpOptions = {}) {
    super(options, { name: 'HttpExporter', rules: { url: rules.text } });
  }
  protected async write(): Promise<void> {
    throw new Error('down');
  }
  protected override async disconnect(): Promise<void> {
    disconnected.add(this);
  }
};

const disconnected = new Set<ReportExporter>();

/** Ends an exporter, and waits until its files are closed, for which a shutdown does not wait if the disk is slow. */
async function ended(exporter: ReportExporter): Promise<void> {
  await exporter.shutdown({ timeout: 300 });
  await until(() => disconnected.has(exporter));
}

describe("an exporter's definition", () => {
  const made: ReportExporter[] = [];
  let directory = '';
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'kaneda-names-'));
  });
  afterEach(async () => {
    await Promise.all(made.splice(0).map((exporter) => exporter.shutdown({ timeout: 200 })));
    await rm(directory, { recursive: true, force: true });
  });

  /** The names of the directories that an exporter's reports wait in. */
  async function spoolsOf(exporter: ReportExporter): Promise<string[]> {
    made.push(exporter);
    exporter[INTERNALS].accept(plainReports(1));
    await exporter.forceFlush({ timeout: 30_000 });
    const names = await readdir(directory);
    return names.map((name) => name.replace(/-\d+-\d+-[0-9a-f]{8}$/, ''));
  }

  it('may be left out by a store that passes its options alone', async () => {
    const exporter = new Plain({ appName: 'shop' });
    exporter[INTERNALS].accept(plainReports(2));
    await exporter.shutdown();
    expect(exporter.ids).to.have.length(2);
    expect(() => new Plain({ appNam: 'shop' } as never)).to.throw(SettingsError, /^Plain: appNam/);
  });

  it('names the fault, the outbox and the ledger component whatever the class is called', async () => {
    expect(() => new a({ url: '' })).to.throw(SettingsError, /^HttpExporter: url/);
    expect(await spoolsOf(new a({ outbox: { directory } }))).to.deep.equal(['HttpExporter']);
  });

  it('keeps two exporters of one kind apart in one directory by their outbox names', async () => {
    const north = new a({ outbox: { directory, name: 'north' } });
    expect(await spoolsOf(north)).to.deep.equal(['HttpExporter-north']);
    await ended(made.pop()!);
    const south = new a({ outbox: { directory, name: 'south' } });
    expect((await spoolsOf(south)).sort()).to.deep.equal([
      'HttpExporter-north',
      'HttpExporter-south',
    ]);
    expect(south.ledger().accepted).to.equal(1);
    const again = new a({ outbox: { directory, name: 'north' } });
    made.push(again);
    await again.forceFlush({ timeout: 30_000 });
    expect(again.ledger().accepted).to.equal(1);
  });

  it('adopts what a release that named the directory after the subclass left', async () => {
    class ShopExporter extends Plain {
      override down = true;
    }
    expect(await spoolsOf(new ShopExporter({ outbox: { directory } }))).to.deep.equal([
      'ShopExporter',
    ]);
    await ended(made.pop()!);
    class Base extends ReportExporter {
      constructor(options: ExporterOptions) {
        super(options, { name: 'BaseExporter' });
      }
      protected async write(): Promise<void> {}
    }
    const next = new (class ShopExporter extends Base {})({ outbox: { directory } });
    made.push(next);
    await next.forceFlush({ timeout: 30_000 });
    expect(next.ledger()).to.include({ accepted: 1 });
  });

  it('says what is wrong with itself to the author of the store', () => {
    class Own extends ReportExporter {
      constructor(definition: unknown) {
        super({}, definition as never);
      }
      protected async write(): Promise<void> {}
    }
    const refused = (definition: unknown, text: string): unknown =>
      expect(() => new Own(definition)).to.throw(SettingsError, text);
    refused({ secret: () => [] }, 'Own: definition.secret: unknown; did you mean secrets?');
    refused({ defaults: { batchsize: 5 } }, 'defaults.batchsize: unknown; did you mean batchSize?');
    refused({ target: 'http://a' }, 'definition.target: must be a function; correct or remove');
    for (const given of [null, 5, [rules.text]])
      refused({ rules: given }, 'definition.rules: must be an object');
    for (const given of [null, 5, []]) refused(given, 'Own: definition: must be an object');
    expect(new Own({ rules: { tls: { ca: rules.text } }, secrets: undefined })).to.be.ok;
  });

  it('refuses an outbox name that cannot be a file name', () => {
    expect(() => new a({ outbox: { directory, name: '../x' } })).to.throw(
      SettingsError,
      /outbox\.name: must consist of letters/,
    );
  });

  it('gives a store its target without secrets', () => {
    const redis = 'redis://user:hunter2@queue.example:6380/2';
    const targets = new Map<string, ReportExporter>([
      [
        'http://a:1, http://b:9200',
        new ElasticsearchExporter({ indexName: 'm', host: ['a:1', 'b'] }),
      ],
      ['mongodb://h:27017', new MongoExporter({ connectionUrl: 'mongodb://u:hunter2@h:27017/' })],
      ['[::1]:28015', new RethinkExporter({ host: '::1', password: 'hunter2' })],
      ['https://i:1/base', new InfluxExporter({ url: 'https://i:1/base/', token: 'hunter2' })],
      [join(process.cwd(), 'x.log'), new LoggerExporter({ filename: 'x.log' })],
      ['standard error', new LoggerExporter()],
      ['http://o:4318', new OtlpExporter({ url: 'http://o:4318', headers: { key: 'hunter2' } })],
      ['redis://queue.example:6380/2', new BullMQQueue({ redisUrl: redis })],
      ['amqp://r:5672', new CeleryQueue({ broker: 'amqp://u:hunter2@r:5672/' })],
    ]);
    for (const [target, exporter] of targets) {
      made.push(exporter);
      expect(exporter.target).to.equal(target);
    }
    made.push(new RQQueue({ redisUrl: redis }));
    expect(made.at(-1)!.target).to.equal('redis://queue.example:6380/2');
  });

  it('takes connectTimeout before its own default, and never less than what connect needs', () => {
    const given = (connectTimeout?: number, least?: number): number =>
      setUp(
        'X',
        connectTimeout === undefined ? {} : { connectTimeout },
        least === undefined ? {} : { defaults: { connectTimeout: least } },
      ).connectTimeout;
    expect(given()).to.equal(10_000);
    expect(given(50)).to.equal(50);
    expect(given(50, 2_000)).to.equal(2_000);
    expect(given(5_000, 2_000)).to.equal(5_000);
    expect(given(undefined, 2_000)).to.equal(2_000);
  });
});
