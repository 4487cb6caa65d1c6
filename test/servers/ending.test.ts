import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { connect } from 'amqplib';
import { expect } from 'chai';
import { Redis } from 'ioredis';
import type { Context } from 'mocha';
import { MongoClient } from 'mongodb';
import type { Ledger } from '../../exporters/delivery/ledger.js';
import { startStandIn } from '../support/rethinkdb/wire.js';
import { type Collector, startCollector } from '../support/servers/collector.js';
import { startElasticsearch } from '../support/servers/elasticsearch.js';
import { startMongo } from '../support/servers/ferretdb.js';
import { startInflux } from '../support/servers/influxdb.js';
import { temporaryFolder } from '../support/servers/process.js';
import { TYPESCRIPT } from '../support/servers/program.js';
import { startRabbit } from '../support/servers/rabbitmq.js';
import { startRedis } from '../support/servers/redis.js';
import { requireServer, type Server, type ServerOptions } from '../support/servers/server.js';
import { forget, reader } from '../support/servers/stores/elastic-found.js';
import { allPoints, query } from '../support/servers/stores/influx-found.js';

const PROGRAM = fileURLToPath(new URL('../programs/ending/program.ts', import.meta.url));
/** A program that has not ended by then never would, or only when a write times out. */
const KILLED_AFTER = 15_000;

/** A store or queue, and its server. */
interface Target {
  readonly module: string;
  readonly name: string;
  readonly start: (options?: ServerOptions) => Promise<Controlled>;
  readonly options: (url: string) => object;
  /** The packages of its client. */
  readonly packages?: readonly string[];
  clear(server: Controlled): Promise<void>;
  /** How many reports the server has. */
  count(server: Controlled): Promise<number>;
}

type Controlled = Pick<Server, 'url' | 'own' | 'start' | 'stop' | 'kill' | 'pause' | 'resume'>;

const queue = (name: string, ...packages: string[]) => ({
  module: `exporters/queues/${name}/index.ts`,
  packages,
});
const onRedis = (key: string): Pick<Target, 'start' | 'clear' | 'count'> => ({
  start: startRedis,
  clear: ({ url }) => asked(url, (redis) => redis.flushall()).then(() => {}),
  count: ({ url }) => asked(url, (redis) => redis.llen(key)),
});

const TARGETS: readonly Target[] = [
  {
    module: 'exporters/stores/elasticsearch/index.ts',
    name: 'ElasticsearchExporter',
    packages: ['@elastic/elasticsearch'],
    start: startElasticsearch,
    options: (connectionUrl) => ({ connectionUrl, timeout: 5, indexName: 'ending' }),
    clear: ({ url }) => forget(reader(url), 'ending'),
    count: async ({ url }) => {
      const index = 'ending-*';
      await reader(url).indices.refresh({ index });
      return (await reader(url).count({ index })).count;
    },
  },
  {
    module: 'exporters/stores/otlp/index.ts',
    name: 'OtlpExporter',
    packages: ['@opentelemetry/otlp-exporter-base/node-http', '@opentelemetry/otlp-transformer'],
    start: startCollector,
    options: (url) => ({ url }),
    clear: async () => {},
    count: async (server) => {
      const collector = server as Collector;
      const read = async () =>
        (await collector.readMetrics()).length + (await collector.readLogs()).length;
      for (let before = await read(); ; ) {
        await sleep(500);
        const now = await read();
        if (now === before) return now;
        before = now;
      }
    },
  },
  {
    module: 'exporters/stores/influxdb/index.ts',
    name: 'InfluxExporter',
    start: startInflux,
    options: (connectionUrl) => ({ connectionUrl, timeout: 5 }),
    clear: ({ url }) => query(url, 'DROP DATABASE kaneda').then(() => {}),
    count: async ({ url }) => (await allPoints(url, 'kaneda')).length,
  },
  {
    module: 'exporters/stores/mongodb/index.ts',
    name: 'MongoExporter',
    packages: ['mongodb'],
    start: startMongo,
    options: (connectionUrl) => ({ connectionUrl, timeout: 2_000 }),
    clear: ({ url }) => inMongo(url, (client) => client.db('kaneda').dropDatabase()).then(() => {}),
    count: ({ url }) =>
      inMongo(url, (client) => client.db('kaneda').collection('default').countDocuments()),
  },
  rethinkStandIn(),
  {
    ...queue('bullmq', 'bullmq'),
    name: 'BullMQQueue',
    ...onRedis('bull:kaneda:wait'),
    options: (redisUrl) => ({ redisUrl }),
  },
  {
    ...queue('rq', 'ioredis'),
    name: 'RQQueue',
    ...onRedis('rq:queue:kaneda'),
    options: (redisUrl) => ({ redisUrl }),
  },
  {
    ...queue('celery', 'ioredis'),
    name: 'CeleryQueue',
    ...onRedis('celery'),
    options: (broker) => ({ broker }),
  },
  {
    ...queue('celery', 'amqplib'),
    name: 'CeleryQueue',
    start: startRabbit,
    options: (broker) => ({ broker, queueName: 'ending' }),
    clear: ({ url }) => inRabbit(url, (channel) => channel.deleteQueue('ending')).then(() => {}),
    count: ({ url }) =>
      inRabbit(
        url,
        async (channel) => (await channel.assertQueue('ending', { durable: true })).messageCount,
      ),
  },
];

for (const target of TARGETS) {
  const on = target.start.name.replace(/^start/, '') || 'a stand-in';
  describe(`the end of a program with ${target.name} on ${on}`, function () {
    this.timeout(120_000);
    let server: Controlled;
    let patience = KILLED_AFTER * 4;
    const run = (how: string, packages?: readonly string[]): Program =>
      new Program(target, server.url, how, { patience, packages });

    before(async function () {
      server = await started(this, target.start);
      const begun = performance.now();
      // A cold server may take longer for its first write than a program's end allows.
      await run('served').end();
      // A slow machine needs more time for each program.
      patience = KILLED_AFTER + 3 * Math.round(performance.now() - begun);
    });
    after(() => server?.stop());
    beforeEach(async () => {
      server.resume();
      await server.start();
      await target.clear(server);
    });
    afterEach(() => server.resume());

    it('ends by itself with everything stored', async () => {
      const earlier = await target.count(server);
      // To load the client must not take the time that a program's end may.
      const { stored, pending } = await run('once', target.packages).end();
      expect({ stored, pending }).to.deep.equal({ stored: 2, pending: 0 });
      expect((await target.count(server)) - earlier).to.equal(2);
    });

    it('ends though the server was silent from the beginning', async () => {
      server.pause();
      expectSettled(await run('once').end(), 2);
    });

    it('ends though the server falls silent with a write in flight', async () => {
      const program = run('again');
      await program.ready();
      server.pause();
      program.go();
      const ledger = await program.end();
      expectSettled(ledger, 3);
      expect(ledger.stored).to.be.least(1);
    });

    it('ends though the server is down', async () => {
      await server.kill();
      expectSettled(await run('once').end(), 2);
    });

    it('ends though the server goes down', async () => {
      const program = run('again');
      await program.ready();
      await server.kill();
      program.go();
      expectSettled(await program.end(), 3);
    });

    it('stores without a flush while the application has something else to do', async () => {
      const { stored } = await run('served').end();
      expect(stored).to.equal(2);
    });

    it('stays until a flush and a close are settled', async () => {
      const program = run('asked');
      expectSettled(await program.end(), 2);
      expect(program.said).to.include('flushed');
    });

    it('stays until a flush and a close are settled by their deadlines', async () => {
      server.pause();
      const program = run('asked briefly');
      expectSettled(await program.end(), 2);
      expect(program.said).to.include('KANEDA_DEADLINE');
    });
  });
}

describe('the end of a program with LoggerExporter', function () {
  this.timeout(120_000);

  it('ends by itself with everything written', async () => {
    const filename = join(temporaryFolder('ending'), 'lines.log');
    const target = {
      module: 'exporters/stores/logger/index.ts',
      name: 'LoggerExporter',
      options: () => ({ filename }),
    };
    expectSettled(await new Program(target, '', 'once').end(), 2);
    expect(readFileSync(filename, 'utf8').trim().split('\n')).to.have.lengthOf(2);
  });

  it('ends though it cannot be written', async () => {
    const filename = join(temporaryFolder('ending'), 'missing', 'lines.log');
    const target = {
      module: 'exporters/stores/logger/index.ts',
      name: 'LoggerExporter',
      options: () => ({ filename }),
    };
    const ledger = await new Program(target, '', 'once').end();
    expectSettled(ledger, 2);
    expect(existsSync(filename)).to.equal(ledger.stored === 2);
  });
});

/** Nothing is waited for any more, and everything is accounted for. */
function expectSettled(
  { accepted, stored, pending, dropped, rejected }: Ledger,
  count: number,
): void {
  expect({ accepted, pending, rejected }).to.deep.equal({
    accepted: count,
    pending: 0,
    rejected: {},
  });
  expect(stored + Object.values(dropped).reduce((sum, n) => sum + n, 0)).to.equal(count);
}

/** The program under test. */
class Program {
  readonly #child: ChildProcess;
  readonly #closed: Promise<unknown[]>;
  readonly #patience: number;
  said = '';
  #errors = '';

  constructor(
    { module, name, options }: Pick<Target, 'module' | 'name' | 'options'>,
    url: string,
    how: string,
    /** The milliseconds that it may run, and packages that are loaded before it begins. */
    { patience = KILLED_AFTER * 2, packages = [] as readonly string[] } = {},
  ) {
    this.#patience = patience;
    const loads = packages.flatMap((name) => ['--import', name]);
    const args = [
      ...TYPESCRIPT,
      ...loads,
      PROGRAM,
      module,
      name,
      JSON.stringify(options(url)),
      how,
    ];
    this.#child = spawn(process.execPath, args, {
      stdio: 'pipe',
      timeout: patience * 2,
      killSignal: 'SIGKILL',
    });
    this.#child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      this.said += text;
    });
    this.#child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.#errors += text;
    });
    this.#closed = once(this.#child, 'close');
  }

  /** Resolves once it has stored something and waits. */
  async ready(): Promise<void> {
    while (!this.said.includes('ready')) {
      if (this.#child.exitCode !== null) throw new Error(`it ended: ${this.#errors}`);
      await sleep(20);
    }
  }

  go(): void {
    this.#child.stdin!.write('go');
  }

  /** What its ledger said last. It has to end by itself, with nothing wrong. */
  async end(): Promise<Ledger> {
    const kill = setTimeout(() => this.#child.kill('SIGKILL'), this.#patience);
    const [code, signal] = await this.#closed;
    clearTimeout(kill);
    expect({ code, signal }, this.#errors).to.deep.equal({ code: 0, signal: null });
    const ledger = this.said.split('\n').find((line) => line.startsWith('{'));
    return JSON.parse(ledger!) as Ledger;
  }
}

async function started(context: Context, start: Target['start']): Promise<Controlled> {
  return requireServer<ServerOptions, Server>(
    context,
    start as (options?: ServerOptions) => Promise<Server>,
    { own: true },
  );
}

/** In this process: the stand-in answers what a program's exporter asks. */
function rethinkStandIn(): Target {
  let standIn: Awaited<ReturnType<typeof startStandIn>>;
  return {
    module: 'test/support/rethinkdb/exporter.ts',
    name: 'UnsettledRethinkExporter',
    packages: ['rethinkdb'],
    start: async () => {
      standIn = await startStandIn();
      return {
        url: String(standIn.port),
        own: true,
        start: async () => standIn.up(),
        stop: () => standIn.close(),
        kill: async () => {
          standIn.down();
          standIn.reset();
        },
        pause: () => standIn.silent(),
        resume: () => standIn.up(),
      };
    },
    options: (port) => ({ host: '127.0.0.1', port: Number(port), timeout: 5 }),
    clear: async () => {},
    count: async () => standIn.queries.documents('kaneda').length,
  };
}

async function asked<T>(url: string, ask: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(url);
  try {
    return await ask(redis);
  } finally {
    redis.disconnect();
  }
}

async function inMongo<T>(url: string, ask: (client: MongoClient) => Promise<T>): Promise<T> {
  const client = new MongoClient(url, { serverSelectionTimeoutMS: 10_000 });
  try {
    return await ask(client);
  } finally {
    await client.close();
  }
}

async function inRabbit<T>(
  url: string,
  ask: (
    channel: Awaited<ReturnType<Awaited<ReturnType<typeof connect>>['createChannel']>>,
  ) => Promise<T>,
): Promise<T> {
  const connection = await connect(url);
  try {
    return await ask(await connection.createChannel());
  } finally {
    await connection.close();
  }
}
