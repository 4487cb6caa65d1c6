import { expect } from 'chai';
import { INTERNALS } from '../../exporters/delivery/internals.js';
import { BullMQQueue } from '../../exporters/queues/bullmq/index.js';
import { CeleryQueue } from '../../exporters/queues/celery/index.js';
import { type ReportQueue, Worker } from '../../exporters/queues/index.js';
import { RQQueue } from '../../exporters/queues/rq/index.js';
import { plainReports } from '../conformance/suites/exporter.js';
import { ScriptedExporter } from '../support/scripted-exporter.js';
import { startRabbit } from '../support/servers/rabbitmq.js';
import { startRedis } from '../support/servers/redis.js';
import { requireServer, type Server } from '../support/servers/server.js';

const QUEUES: Readonly<Record<string, [typeof startRedis, (url: string) => ReportQueue]>> = {
  RQ: [startRedis, (redisUrl) => new RQQueue({ redisUrl, queueName: 'stuck' })],
  BullMQ: [startRedis, (redisUrl) => new BullMQQueue({ redisUrl, queueName: 'stuck' })],
  'Celery on Redis': [startRedis, (broker) => new CeleryQueue({ broker, queueName: 'stuck' })],
  'Celery on RabbitMQ': [startRabbit, (broker) => new CeleryQueue({ broker, queueName: 'stuck' })],
};

/** Resolves when it holds, or after a minute. */
async function until(holds: () => boolean): Promise<void> {
  for (let i = 0; i < 600 && !holds(); i++)
    await new Promise((resolve) => setTimeout(resolve, 100));
}

describe('A job that the store keeps failing', function () {
  this.timeout(180_000);
  let server: Server;
  afterEach(() => server?.stop());

  for (const [name, [start, make]] of Object.entries(QUEUES)) {
    it(`holds up no other in ${name}, and is stored when the store takes it`, async function () {
      server = await requireServer(this, start, { own: true });
      const reports = plainReports(60);
      const bad = new Set([reports[0]!.id, reports[33]!.id]);
      const producer = make(server.url);
      producer[INTERNALS].accept(reports);
      await producer.shutdown({ timeout: 20_000 });
      expect(producer.ledger().stored).to.equal(60);

      const backend = new ScriptedExporter();
      const { store } = backend;
      store.answer = async (batch) => {
        if (batch.some(({ id }) => bad.has(id)))
          throw Object.assign(new Error('cannot process'), { status: 500 });
        return store.keep(batch);
      };
      const worker = new Worker({
        queue: make(server.url),
        backend,
        concurrency: 2,
        batchSize: 10,
      });
      const running = worker.run();
      await until(() => store.reports.size === 58);
      await worker.close();
      await running;
      expect(store.reports.size).to.equal(58);

      const healthy = new ScriptedExporter();
      const next = new Worker({ queue: make(server.url), backend: healthy });
      const ended = next.run();
      await until(() => healthy.store.reports.size === 2);
      await next.close();
      await ended;
      expect([...healthy.store.reports.keys()]).to.have.members([...bad]);
    });
  }
});
