import { type ChildProcess, spawn } from 'node:child_process';
import { connect, type Socket } from 'node:net';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { BullMQQueue } from '../../../exporters/queues/bullmq/index.js';
import { CeleryQueue } from '../../../exporters/queues/celery/index.js';
import { RQQueue } from '../../../exporters/queues/rq/index.js';
import type { ReportExporter } from '../../../exporters/report-exporter.js';
import { ElasticsearchExporter } from '../../../exporters/stores/elasticsearch/index.js';
import { InfluxExporter } from '../../../exporters/stores/influxdb/index.js';
import { MongoExporter } from '../../../exporters/stores/mongodb/index.js';
import { OtlpExporter } from '../../../exporters/stores/otlp/index.js';
import { RethinkExporter } from '../../../exporters/stores/rethinkdb/index.js';
import { Metrics } from '../../../src/index.js';
import { until } from '../../support/until.js';

const PATIENCE_MS = 40_000;
const SHORT_MS = 300;
const LONG_MS = 500_000;
/** The time in which two exporters that wait equally long find out one after the other. */
const APART_MS = 500;

/** The number of timers that keep the process, counted when none of them is being called. */
async function timers(): Promise<number> {
  await setImmediate();
  return process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
}

/** All other limits are far away, so that only `connectTimeout` can end the wait. */
const limits = (connectTimeout: number) => ({
  connectTimeout,
  writeTimeout: 600_000,
  onProblem: () => undefined,
});
type Limits = ReturnType<typeof limits>;

const KINDS: Record<string, (port: number, common: Limits) => ReportExporter> = {
  ElasticsearchExporter: (port, common) =>
    new ElasticsearchExporter({
      ...common,
      indexName: 'm',
      appName: 'a',
      connectionUrl: `http://127.0.0.1:${port}`,
      timeout: 600,
    }),
  InfluxExporter: (port, common) =>
    new InfluxExporter({ ...common, database: 'm', host: '127.0.0.1', port, timeout: 600 }),
  MongoExporter: (port, common) =>
    new MongoExporter({
      ...common,
      dbName: 'm',
      collectionName: 'm',
      host: '127.0.0.1',
      port,
      timeout: 600_000,
    }),
  RethinkExporter: (port, common) =>
    new RethinkExporter({ ...common, db: 'm', host: '127.0.0.1', port, timeout: 600 }),
  OtlpExporter: (port, common) => new OtlpExporter({ ...common, url: `http://127.0.0.1:${port}` }),
  BullMQQueue: (port, common) =>
    new BullMQQueue({ ...common, redisUrl: `redis://127.0.0.1:${port}` }),
  RQQueue: (port, common) => new RQQueue({ ...common, redisUrl: `redis://127.0.0.1:${port}` }),
  'CeleryQueue on Redis': (port, common) =>
    new CeleryQueue({ ...common, broker: `redis://127.0.0.1:${port}` }),
  'CeleryQueue on AMQP': (port, common) =>
    new CeleryQueue({ ...common, broker: `amqp://127.0.0.1:${port}` }),
};

describe('connectTimeout', () => {
  let child: ChildProcess;
  let port: number;
  const filling: Socket[] = [];

  before(async () => {
    const program = new URL('../../programs/never-accepts.ts', import.meta.url).pathname;
    child = spawn(process.execPath, ['--import', 'tsx', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    port = await new Promise<number>((resolve) =>
      child.stdout!.once('data', (text: Buffer) => resolve(Number(String(text)))),
    );
    // The places that there are.
    for (let i = 0; i < 8; i++)
      filling.push(connect(port, '127.0.0.1').on('error', () => undefined));
    await sleep(500);
    expect(filling.some(({ connecting }) => connecting)).to.equal(true);
  });

  after(() => {
    for (const socket of filling) socket.destroy();
    child.kill('SIGKILL');
  });

  /** Resolves when the exporter has a fault, or waits for too long. */
  async function untilFault(backend: ReportExporter): Promise<void> {
    const end = Date.now() + PATIENCE_MS;
    while (backend.fault === undefined && Date.now() < end) await sleep(50);
  }

  for (const [name, make] of Object.entries(KINDS))
    it(`ends the wait of ${name} for an address that never answers, and nothing else does`, async () => {
      const before = await timers();
      const [short, long] = [make(port, limits(SHORT_MS)), make(port, limits(LONG_MS))] as const;
      const both = [short, long].map((backend) => new Metrics({ backend }));
      for (const metrics of both) metrics.event('deploy', 'now');
      await untilFault(short);
      // A limit of the client's own would end both waits.
      await sleep(APART_MS);
      const faults = [short.fault, long.fault];
      await Promise.all(both.map((metrics) => metrics.close({ timeout: 0 })));
      expect(faults[0], 'the fault after a short wait').to.be.an('error');
      expect(faults[0]!.message).to.match(/timed? ?out|within|took longer/i);
      expect(faults[1], 'the fault while the wait is long').to.equal(undefined);
      for (const backend of [short, long])
        expect(backend.ledger().dropped).to.deep.equal({ 'deadline at close': 1 });
      // Neither keeps a program that ends, least of all the one whose wait is long.
      await until(async () => (await timers()) <= before);
    });
});
