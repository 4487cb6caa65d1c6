import { connect } from 'amqplib';
import { expect } from 'chai';
import { Redis } from 'ioredis';
import { INTERNALS } from '../../exporters/delivery/internals.js';
import { CeleryQueue } from '../../exporters/queues/celery/index.js';
import { Worker } from '../../exporters/queues/index.js';
import { InMemoryExporter } from '../../src/testing/in-memory-exporter.js';
import { someReports } from '../conformance/suites/queue.js';
import { freePort } from '../support/servers/process.js';
import { startRabbit } from '../support/servers/rabbitmq.js';
import { startRedis } from '../support/servers/redis.js';
import { requireServer, type Server } from '../support/servers/server.js';

async function stored(producer: CeleryQueue, consumer: CeleryQueue): Promise<number> {
  producer[INTERNALS].accept(someReports(5));
  await producer.forceFlush();
  await producer.shutdown();
  const store = new InMemoryExporter();
  const worker = new Worker({ queue: consumer, backend: store });
  await worker.run({ once: true });
  await worker.close();
  return store.reports.length;
}

describe("CeleryQueue with Celery's forms of a broker", () => {
  let rabbit: Server;
  let redis: Server;

  before(async function () {
    rabbit = await requireServer(this, startRabbit);
    redis = await requireServer(this, startRedis);
  });
  after(async () => {
    await rabbit?.stop();
    await redis?.stop();
  });

  it('reaches the second RabbitMQ of a list while the first one is away, and pyamqp with two slashes', async () => {
    const { host } = new URL(rabbit.url);
    const away = `amqp://127.0.0.1:${await freePort()}`;
    const queueName = 'failover\n';
    const producer = new CeleryQueue({ broker: `${away};amqp://${host}//`, queueName });
    const consumer = new CeleryQueue({ broker: `pyamqp://guest@${host}//\n`, queueName });
    expect(await stored(producer, consumer)).to.equal(5);
    const admin = await connect(rabbit.url);
    const channel = await admin.createChannel();
    expect(await channel.checkQueue('failover')).to.include({ messageCount: 0 });
    await admin.close();
  }).timeout(120_000);

  it('reaches the second Redis of a list while the first one is away', async () => {
    const { host } = new URL(redis.url);
    const away = `redis://127.0.0.1:${await freePort()}/3`;
    const broker = `${away};redis://${host}/3`;
    const queueName = 'failover';
    const producer = new CeleryQueue({ broker, queueName });
    const consumer = new CeleryQueue({ broker, queueName });
    expect(await stored(producer, consumer)).to.equal(5);
    const admin = new Redis(`redis://${host}/3`);
    expect(await admin.llen('failover')).to.equal(0);
    await admin.flushdb();
    admin.disconnect();
  }).timeout(120_000);
});
