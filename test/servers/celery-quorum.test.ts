import { type ChannelModel, type ConfirmChannel, connect } from 'amqplib';
import { expect } from 'chai';
import { INTERNALS } from '../../exporters/delivery/internals.js';
import { CeleryQueue } from '../../exporters/queues/celery/index.js';
import { Worker } from '../../exporters/queues/index.js';
import { InMemoryExporter } from '../../src/testing/in-memory-exporter.js';
import { plainReports } from '../conformance/suites/exporter.js';
import { someReports } from '../conformance/suites/queue.js';
import { captureDiag, releaseDiag } from '../support/captured-diag.js';
import { startRabbit } from '../support/servers/rabbitmq.js';
import { requireServer, type Server } from '../support/servers/server.js';
import { until } from '../support/until.js';

const LIMIT = 2;
/** More returns than the limit allows. */
const RESTARTS = 2 * LIMIT + 3;

describe('CeleryQueue on a quorum queue with a delivery limit', () => {
  afterEach(releaseDiag);
  let server: Server;
  let admin: ChannelModel;
  let channel: ConfirmChannel;

  before(async function () {
    server = await requireServer(this, startRabbit, { own: true });
    admin = await connect(server.url);
    channel = await admin.createConfirmChannel();
  });
  after(async () => {
    await admin?.close();
    await server?.stop();
  });

  const quorum = (queueName: string, more: object = {}) =>
    channel.assertQueue(queueName, {
      durable: true,
      arguments: { 'x-queue-type': 'quorum', 'x-delivery-limit': LIMIT, ...more },
    });
  const queueOf = (queueName: string) => new CeleryQueue({ broker: server.url, queueName });
  const fill = async (queueName: string, count: number) => {
    const queue = queueOf(queueName);
    const reports = someReports(count);
    queue[INTERNALS].accept(reports);
    await queue.shutdown();
    return reports.map(({ id }) => id).sort();
  };
  const drain = async (queueName: string) => {
    const store = new InMemoryExporter();
    const worker = new Worker({ queue: queueOf(queueName), backend: store });
    await worker.run({ once: true });
    await worker.close();
    return store.reports.map(({ id }) => id).sort();
  };

  it('loses no report when workers end again and again while the store is away', async () => {
    await quorum('ended');
    const ids = await fill('ended', 100);
    for (let i = 0; i < RESTARTS; i++) {
      const store = new InMemoryExporter();
      store.state = 'down';
      const queue = queueOf('ended');
      // Few at a time: most of the messages are sent ahead and never taken.
      const worker = new Worker({ queue, backend: store, batchSize: 20, concurrency: 2 });
      const running = worker.run();
      await until(() => store.writes > 0, 20_000);
      await worker.close({ timeout: 2_000 });
      await running;
    }
    expect(await drain('ended')).to.deep.equal(ids);
  }).timeout(120_000);

  it('has each report once when workers that hold all of them end again and again', async () => {
    await quorum('held', { 'x-delivery-limit': 1 });
    const ids = await fill('held', 100);
    for (let i = 0; i < RESTARTS; i++) {
      const store = new InMemoryExporter();
      store.state = 'down';
      const worker = new Worker({ queue: queueOf('held'), backend: store });
      const running = worker.run();
      await until(() => store.writes > 0, 20_000);
      await worker.close();
      await running;
    }
    expect(await drain('held')).to.deep.equal(ids);
  }).timeout(120_000);

  it('loses no report when the connections of workers are cut again and again', async () => {
    await quorum('cut');
    const ids = await fill('cut', 100);
    for (let i = 0; i < RESTARTS; i++) {
      const own = await connect(server.url);
      const queue = new CeleryQueue({ connection: own, queueName: 'cut' });
      const taken = await queue.take({ max: 50, signal: AbortSignal.timeout(20_000) });
      expect(taken).to.have.length.above(0);
      (own.connection as unknown as { stream: { destroy(): void } }).stream.destroy();
      await queue.shutdown({ timeout: 500 });
    }
    expect(await drain('cut')).to.deep.equal(ids);
  }).timeout(120_000);

  it('leaves the message as it was for other workers', async () => {
    await quorum('whole');
    await fill('whole', 1);
    const sent = await channel.get('whole');
    if (sent === false) throw new Error('nothing was enqueued');
    channel.nack(sent, false, true);
    const queue = queueOf('whole');
    const taken = await queue.take({ max: 1, signal: AbortSignal.timeout(20_000) });
    await taken[0]!.retry('a test');
    await queue.shutdown();
    const again = await channel.get('whole');
    if (again === false) throw new Error('the message is lost');
    expect(again.content).to.deep.equal(sent.content);
    // Returned three times, and counted twice at most: the count began again.
    expect(again.properties.headers!['x-delivery-count']).to.be.within(0, 2);
    for (const message of [sent, again]) delete message.properties.headers!['x-delivery-count'];
    expect(again.properties).to.deep.equal(sent.properties);
    channel.ack(again);
  }).timeout(120_000);

  it('is told of by check: the limit, what becomes of a message beyond it, and a policy', async () => {
    await quorum('limited');
    await quorum('dead-lettered', { 'x-dead-letter-exchange': 'kaneda-dlx' });
    await channel.assertQueue('classic', { durable: true });
    const remarksOf = async (queueName: string) => {
      const queue = queueOf(queueName);
      const { remarks } = await queue[INTERNALS].examine(plainReports(1)[0]!, {
        signal: AbortSignal.timeout(10_000),
      });
      await queue.shutdown();
      return remarks.join('\n');
    };
    expect(await remarksOf('limited'))
      .to.include("the queue 'limited' is a quorum queue")
      .and.include(`${LIMIT} times (x-delivery-limit)`)
      .and.include('rabbitmqctl set_policy');
    expect(await remarksOf('dead-lettered')).to.include("to the exchange 'kaneda-dlx'");
    expect(await remarksOf('classic')).to.equal('');
  });

  it('is named when a worker starts', async () => {
    await quorum('warned');
    const warnings = captureDiag();
    const queue = queueOf('warned');
    await queue.take({ max: 1, signal: AbortSignal.timeout(20_000), wait: false });
    await queue.shutdown();
    expect(warnings().join('\n')).to.include(`${LIMIT} times (x-delivery-limit)`);
  });
});
