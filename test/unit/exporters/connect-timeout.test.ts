import { type ChildProcess, spawn } from 'node:child_process';
import { connect, type Socket } from 'node:net';
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

/** Less than the shortest limit that a client has of its own: ioredis gives up after 10 s. */
const FOUND_OUT_WITHIN_MS = 8_000;
/** All other limits are far away, so that only `connectTimeout` can end the wait. */
const common = { connectTimeout: 300, writeTimeout: 600_000, onProblem: () => undefined };

const KINDS: Record<string, (port: number) => ReportExporter> = {
  ElasticsearchExporter: (port) =>
    new ElasticsearchExporter({
      ...common,
      indexName: 'm',
      appName: 'a',
      connectionUrl: `http://127.0.0.1:${port}`,
      timeout: 600,
    }),
  InfluxExporter: (port) =>
    new InfluxExporter({ ...common, database: 'm', host: '127.0.0.1', port, timeout: 600 }),
  MongoExporter: (port) =>
    new MongoExporter({
      ...common,
      dbName: 'm',
      collectionName: 'm',
      host: '127.0.0.1',
      port,
      timeout: 600_000,
    }),
  RethinkExporter: (port) =>
    new RethinkExporter({ ...common, db: 'm', host: '127.0.0.1', port, timeout: 600 }),
  OtlpExporter: (port) => new OtlpExporter({ ...common, url: `http://127.0.0.1:${port}` }),
  BullMQQueue: (port) => new BullMQQueue({ ...common, redisUrl: `redis://127.0.0.1:${port}` }),
  RQQueue: (port) => new RQQueue({ ...common, redisUrl: `redis://127.0.0.1:${port}` }),
  'CeleryQueue on Redis': (port) =>
    new CeleryQueue({ ...common, broker: `redis://127.0.0.1:${port}` }),
  'CeleryQueue on AMQP': (port) =>
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
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(filling.some(({ connecting }) => connecting)).to.equal(true);
  });

  after(() => {
    for (const socket of filling) socket.destroy();
    child.kill('SIGKILL');
  });

  for (const [name, make] of Object.entries(KINDS))
    it(`ends the wait of ${name} for an address that never answers`, async () => {
      const backend = make(port);
      const metrics = new Metrics({ backend });
      metrics.event('deploy', 'now');
      const end = Date.now() + FOUND_OUT_WITHIN_MS;
      while (backend.fault === undefined && Date.now() < end)
        await new Promise((resolve) => setTimeout(resolve, 50));
      const { fault } = backend;
      await metrics.close({ timeout: 0 });
      expect(fault, 'the fault').to.be.an('error');
      expect(fault!.message).to.match(/timed? ?out|within|took longer/i);
      expect(backend.ledger().dropped).to.deep.equal({ 'deadline at close': 1 });
    });
});
