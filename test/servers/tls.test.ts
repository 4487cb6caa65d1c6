import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { connect } from 'amqplib';
import { expect } from 'chai';
import { Redis } from 'ioredis';
import { INTERNALS } from '../../exporters/delivery/internals.js';
import type { Ledger } from '../../exporters/delivery/ledger.js';
import { BullMQQueue } from '../../exporters/queues/bullmq/index.js';
import { CeleryQueue } from '../../exporters/queues/celery/index.js';
import { type ReportQueue, Worker } from '../../exporters/queues/index.js';
import { RQQueue } from '../../exporters/queues/rq/index.js';
import { InMemoryExporter } from '../../src/testing/in-memory-exporter.js';
import { someReports } from '../conformance/suites/queue.js';
import { type Certificates, makeCertificates } from '../support/servers/certificates.js';
import { run } from '../support/servers/install.js';
import { temporaryFolder } from '../support/servers/process.js';
import { TYPESCRIPT } from '../support/servers/program.js';
import { startRabbit } from '../support/servers/rabbitmq.js';
import { startRedis } from '../support/servers/redis.js';
import {
  orSkip,
  requireServer,
  type Server,
  type ServerOptions,
} from '../support/servers/server.js';
import { WorkerProgram } from '../support/servers/worker-program.js';
import { until } from '../support/until.js';

const PROGRAM = fileURLToPath(new URL('../programs/ending/program.ts', import.meta.url));

interface Target {
  readonly module: string;
  readonly name: string;
  start(options?: ServerOptions & { tls?: Certificates }): Promise<Server>;
  options(url: string): object;
  settings(url: string): NodeJS.ProcessEnv;
  byUrl(url: string): ReportQueue;
  /** On a connection of the application's that knows the authority. */
  onConnection(url: string, ca: Buffer): Promise<{ queue: ReportQueue; end(): Promise<unknown> }>;
}

const onRedis = (make: (connection: Redis) => ReportQueue): Target['onConnection'] => {
  return async (url, ca) => {
    const connection = new Redis(url, { tls: { ca } });
    return { queue: make(connection), end: async () => connection.disconnect() };
  };
};

const TARGETS: Readonly<Record<string, Target>> = {
  'RQQueue on Redis': {
    module: 'exporters/queues/rq/index.ts',
    name: 'RQQueue',
    start: startRedis,
    options: (redisUrl) => ({ redisUrl }),
    settings: (url) => ({ KANEDA_QUEUE: 'rq', KANEDA_RQ_REDIS_URL: url }),
    byUrl: (redisUrl) => new RQQueue({ redisUrl }),
    onConnection: onRedis((connection) => new RQQueue({ connection })),
  },
  'BullMQQueue on Redis': {
    module: 'exporters/queues/bullmq/index.ts',
    name: 'BullMQQueue',
    start: startRedis,
    options: (redisUrl) => ({ redisUrl }),
    settings: (url) => ({ KANEDA_QUEUE: 'bullmq', KANEDA_BULLMQ_REDIS_URL: url }),
    byUrl: (redisUrl) => new BullMQQueue({ redisUrl }),
    onConnection: onRedis((connection) => new BullMQQueue({ connection })),
  },
  'CeleryQueue on RabbitMQ': {
    module: 'exporters/queues/celery/index.ts',
    name: 'CeleryQueue',
    start: startRabbit,
    options: (broker) => ({ broker }),
    settings: (url) => ({ KANEDA_QUEUE: 'celery', KANEDA_CELERY_BROKER: url }),
    byUrl: (broker) => new CeleryQueue({ broker }),
    onConnection: async (url, ca) => {
      const connection = await connect(url, { ca: [ca] });
      return { queue: new CeleryQueue({ connection }), end: () => connection.close() };
    },
  },
};

for (const [title, target] of Object.entries(TARGETS)) {
  describe(`${title} over TLS`, function () {
    this.timeout(120_000);
    let server: Server;
    let certificates: Certificates;

    before(async function () {
      certificates = await orSkip(this, makeCertificates);
      server = await requireServer(this, target.start, { own: true, tls: certificates });
    });
    after(() => server?.stop());

    it('is used by application and worker whose Node was told of the authority', async () => {
      const trust = { NODE_EXTRA_CA_CERTS: certificates.authority };
      const given = [
        target.module,
        target.name,
        JSON.stringify(target.options(server.url)),
        'served',
      ];
      const said = await run(process.execPath, [...TYPESCRIPT, PROGRAM, ...given], { env: trust });
      expect(JSON.parse(said) as Ledger).to.include({ stored: 2, pending: 0 });
      const file = join(temporaryFolder('stored'), 'reports');
      const store = { KANEDA_BACKEND: 'logger', KANEDA_LOGGER_FILENAME: file };
      const worker = new WorkerProgram({ ...target.settings(server.url), ...store, ...trust }, [
        '--once',
      ]);
      expect(await worker.end(), worker.output).to.equal(0);
      expect(readFileSync(file, 'utf8').trim().split('\n')).to.have.length(2);
    });

    it('is used on a connection that knows the authority', async () => {
      const { queue, end } = await target.onConnection(
        server.url,
        readFileSync(certificates.authority),
      );
      const sent = someReports(1);
      queue[INTERNALS].accept(sent);
      await queue.forceFlush({ timeout: 30_000 });
      const taken = await queue.take({ max: 1, signal: AbortSignal.timeout(30_000) });
      expect(taken.map(({ report }) => report)).to.deep.equal(sent);
      await taken[0]!.acknowledge();
      await queue.shutdown();
      await end();
    });

    it('keeps reports while the authority is not known, and says what to do', async () => {
      const queue = target.byUrl(server.url);
      queue[INTERNALS].accept(someReports(2));
      await until(() => queue.fault !== undefined);
      const failure = (await queue
        .forceFlush({ timeout: 500 })
        .catch((error: unknown) => error)) as Error;
      expect(failure.cause).to.have.property('code', 'KANEDA_IMPROPERLY_CONFIGURED');
      expect(queue.fault?.message)
        .to.include('self-signed certificate')
        .and.to.include('NODE_EXTRA_CA_CERTS');
      expect(queue.ledger()).to.deep.include({ pending: 2, rejected: {}, dropped: {} });
      const worker = new Worker({ queue, backend: new InMemoryExporter() });
      void worker.run();
      while (worker.fault === undefined) await sleep(50);
      expect(worker.fault).to.have.property('code', 'KANEDA_IMPROPERLY_CONFIGURED');
      expect(worker.fault.message).to.include('NODE_EXTRA_CA_CERTS');
      await worker.close({ timeout: 100 });
    });
  });
}
