import { connect as connectTo, createServer, type Server as TcpServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ChannelModel, type ConfirmChannel, connect } from 'amqplib';
import { expect } from 'chai';
import { INTERNALS } from '../../exporters/delivery/internals.js';
import type { Outcome } from '../../exporters/delivery/store.js';
import { CeleryQueue } from '../../exporters/queues/celery/index.js';
import { Worker } from '../../exporters/queues/index.js';
import { ReportExporter } from '../../exporters/report-exporter.js';
import { InMemoryExporter } from '../../src/testing/in-memory-exporter.js';
import { someReports } from '../conformance/suites/queue.js';
import { collectGarbage } from '../support/collect-garbage.js';
import { startProxy, type TcpProxy } from '../support/servers/proxy.js';
import { RabbitProcess, startRabbit } from '../support/servers/rabbitmq.js';
import { requireServer, type Server } from '../support/servers/server.js';
import { until } from '../support/until.js';

/** Methods of AMQP: class and method of a frame. */
const OPEN_CHANNEL = Buffer.from([0, 20, 0, 10]);
const CLOSE_CHANNEL = Buffer.from([0, 20, 0, 40]);

/** Refuses whatever it gets. */
class RefusingStore extends ReportExporter {
  writes = 0;
  protected async write(reports: readonly unknown[]): Promise<readonly Outcome[]> {
    this.writes++;
    return reports.map(() => ({ rejected: 'no' }));
  }
}

describe('CeleryQueue when RabbitMQ, or the way to it, hangs', () => {
  let server: Server;
  let admin: ChannelModel;
  let channel: ConfirmChannel;
  const relays: TcpServer[] = [];
  const workers: Worker[] = [];

  before(async function () {
    server = await requireServer(this, () => startRabbit({ own: true }));
    admin = await connect(server.url);
    channel = await admin.createConfirmChannel();
  });
  after(async () => {
    await admin?.close();
    await server?.stop();
  });
  afterEach(async () => {
    for (const worker of workers.splice(0)) await worker.close({ timeout: 1_000 });
    for (const relay of relays.splice(0)) relay.close();
  });

  const enqueue = async (queueName: string, count: number) => {
    const queue = new CeleryQueue({ broker: server.url, queueName });
    queue[INTERNALS].accept(someReports(count));
    await queue.forceFlush();
    await queue.shutdown();
  };
  const work = (broker: string, queueName: string, backend: ReportExporter, batchSize = 1_000) => {
    const worker = new Worker({
      queue: new CeleryQueue({ broker, queueName }),
      backend,
      batchSize,
    });
    workers.push(worker);
    return { worker, running: worker.run() };
  };

  /** The broker by way of a relay that ends or silences the first connection on which a client says this. */
  async function relay(
    word: Buffer,
    what: 'end' | 'silence',
  ): Promise<{ url: string; done(): boolean }> {
    let done = false;
    const { port, hostname } = new URL(server.url);
    const tcp = createServer((inside) => {
      const outside = connectTo(Number(port), hostname);
      let silent = false;
      for (const socket of [inside, outside]) socket.on('error', () => {});
      inside.on('data', (bytes) => {
        if (!done && bytes.includes(word)) {
          done = true;
          silent = what === 'silence';
          if (what === 'end') inside.resetAndDestroy();
        }
        if (!silent && !inside.destroyed) outside.write(bytes);
      });
      outside.on('data', (bytes) => silent || inside.write(bytes));
      inside.on('close', () => outside.destroy());
      outside.on('close', () => inside.destroy());
    });
    relays.push(tcp);
    await new Promise<void>((resolve) => tcp.listen(0, '127.0.0.1', resolve));
    const url = new URL(server.url);
    url.port = String((tcp.address() as { port: number }).port);
    return { url: url.href, done: () => done };
  }

  it('goes on when the connection ends while a channel is closed', async () => {
    await enqueue('closing', 5);
    const { url, done } = await relay(CLOSE_CHANNEL, 'end');
    const store = new InMemoryExporter();
    work(url, 'closing', store);
    await until(() => store.reports.length === 5, 60_000);
    expect(done()).to.equal(true);
  }).timeout(120_000);

  it('does not keep to a connection that fell silent while it was set up', async () => {
    const { url, done } = await relay(OPEN_CHANNEL, 'silence');
    const queue = new CeleryQueue({ broker: url, queueName: 'silent', writeTimeout: 1_000 });
    queue[INTERNALS].accept(someReports(1));
    await until(() => queue.ledger().stored === 1, 60_000);
    expect(done()).to.equal(true);
    await queue.shutdown();
  }).timeout(120_000);

  it('leaves no consumer behind that was dialled while the worker closed', async () => {
    await channel.assertQueue('orphan', { durable: true });
    const proxy: TcpProxy = await startProxy(server.url);
    proxy.hold();
    const { worker, running } = work(proxy.url, 'orphan', new InMemoryExporter());
    await sleep(300);
    await worker.close({ timeout: 500 });
    await running;
    proxy.resume();
    await sleep(1_500);
    expect((await channel.checkQueue('orphan')).consumerCount).to.equal(0);
    await proxy.close();
  });

  it("leaves nothing on the application's connection: no listener, no channel, no consumer", async () => {
    const queueName = 'given-connection';
    const listeners = () =>
      ['error', 'close', 'blocked', 'unblocked'].map((event) => admin.listenerCount(event));
    const before = listeners();
    const queue = new CeleryQueue({ connection: admin, queueName });
    queue[INTERNALS].accept(someReports(1));
    await queue.forceFlush();
    const during = listeners();
    for (let i = 0; i < 20; i++) {
      const end = new AbortController();
      const writing = queue[INTERNALS].deliver(someReports(1), { signal: end.signal });
      setImmediate(() => setImmediate(() => end.abort()));
      await writing;
    }
    await until(() => String(listeners()) === String(during));
    await queue.shutdown();
    for (const pause of [0, 5, 100]) {
      const taker = new CeleryQueue({ connection: admin, queueName: 'taken' });
      const take = taker
        .take({ max: 1, signal: new AbortController().signal })
        .catch((error: Error) => error.message);
      await sleep(pause);
      await taker.shutdown();
      expect(await take).to.equal('the queue is closed');
    }
    await until(async () => (await channel.checkQueue('taken')).consumerCount === 0);
    await until(() => String(listeners()) === String(before));
  });

  it('forgets a take that was given up', async () => {
    const queue = new CeleryQueue({ broker: server.url, queueName: 'given-up' });
    const signals: WeakRef<AbortSignal>[] = [];
    for (let i = 0; i < 5; i++) {
      const end = new AbortController();
      const take = queue.take({ max: 1, signal: end.signal });
      await sleep(20);
      end.abort();
      expect(await take).to.deep.equal([]);
      signals.push(new WeakRef(end.signal));
    }
    await until(() => {
      collectGarbage();
      return signals.slice(0, 4).every((signal) => signal.deref() === undefined);
    });
    await queue.shutdown();
  });

  it('waits before it tries again what the store refuses and the dead letters do not take', async () => {
    await channel.assertQueue('full.dead', {
      durable: true,
      arguments: { 'x-max-length': 1, 'x-overflow': 'reject-publish' },
    });
    channel.sendToQueue('full.dead', Buffer.from('full'));
    await channel.waitForConfirms();
    await enqueue('full', 3);
    const store = new RefusingStore();
    const { worker, running } = work(server.url, 'full', store);
    await until(() => store.writes > 1);
    await sleep(3_000);
    await worker.close();
    await running;
    // A hundred a second without a pause.
    expect(store.writes).to.be.below(60);
    expect((await channel.checkQueue('full')).messageCount).to.equal(3);
  });

  it('stores and acknowledges what is good beside what is bad while the broker is short of memory', async function () {
    if (!(server instanceof RabbitProcess)) this.skip();
    const broker = server;
    await channel.assertQueue('short', { durable: true });
    channel.sendToQueue('short', Buffer.from('no report'), { headers: { task: 'x', id: 'y' } });
    await channel.waitForConfirms();
    await enqueue('short', 500);
    const store = new InMemoryExporter();
    broker.shortOfMemory(true);
    try {
      const { worker, running } = work(broker.url, 'short', store, 50);
      await until(() => store.reports.length >= 500, 60_000);
      await worker.close();
      await running;
    } finally {
      broker.shortOfMemory(false);
    }
    expect(store.reports.length).to.equal(500);
    // The bad one waits for a broker that takes it.
    const { worker } = work(broker.url, 'short', store);
    await until(
      async () =>
        (await channel.checkQueue('short')).messageCount === 0 && worker.ledger().pending === 0,
      60_000,
    );
    await worker.close();
    // Twice when the broker had it and did not say so.
    expect((await channel.checkQueue('short.dead')).messageCount).to.be.within(1, 2);
    expect(store.reports.length).to.equal(500);
  }).timeout(150_000);
});
