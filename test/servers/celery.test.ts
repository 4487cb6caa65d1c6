import { type ChannelModel, connect } from 'amqplib';
import { expect } from 'chai';
import { Redis } from 'ioredis';
import { INTERNALS } from '../../exporters/delivery/internals.js';
import { AmqpLink } from '../../exporters/queues/celery/amqp/connection.js';
import { CeleryQueue } from '../../exporters/queues/celery/index.js';
import { type PeerUnderTest, pythonConformance } from '../conformance/suites/python-queue.js';
import { type QueueUnderTest, queueConformance, someReports } from '../conformance/suites/queue.js';
import { ownRedis } from '../support/servers/own-redis.js';
import { python } from '../support/servers/python.js';
import { startRabbit } from '../support/servers/rabbitmq.js';
import { startRedis } from '../support/servers/redis.js';
import { orSkip, requireServer, type Server } from '../support/servers/server.js';

describe('CeleryQueue on a real Redis', () => {
  const redis = ownRedis({ durable: true, password: 'secret' });

  const underTest = (): QueueUnderTest => ({
    server: redis.server,
    queue: (options) => new CeleryQueue({ ...options, broker: redis.url }),
    onConnection: async () => {
      const connection = new Redis(redis.url);
      return {
        queue: new CeleryQueue({ connection }),
        alive: async () => (await connection.ping()) === 'PONG',
        end: async () => connection.disconnect(),
      };
    },
    locked: () => new CeleryQueue({ broker: redis.as('wrong-secret') }),
    waiting: () => redis.admin.llen('celery'),
    dead: async () =>
      (await redis.admin.lrange('celery.dead', '0', '-1')).map(
        (item) => JSON.parse(item).headers.kaneda_reason,
      ),
    poison: async () =>
      void (await redis.admin.lpush('celery', '{"headers": {}, "properties": {}}')),
    leftovers: async () => redis.admin.keys('*'),
    clear: async () => void (await redis.admin.flushall()),
  });

  queueConformance(underTest);
});

describe('CeleryQueue on a real RabbitMQ', () => {
  let server: Server;
  let underTest: QueueUnderTest;

  /** Asks the broker on a connection of its own, which no fault of the one before has closed. */
  async function ask<T>(question: (connection: ChannelModel) => Promise<T>): Promise<T> {
    const connection = await connect(server.url);
    connection.on('error', () => {});
    try {
      return await question(connection);
    } finally {
      await connection.close();
    }
  }
  const count = (queue: string) =>
    ask(async (connection) => {
      const channel = await connection.createChannel();
      const { messageCount } = await channel.assertQueue(queue, { durable: true });
      await channel.close();
      return messageCount;
    });

  before(async function () {
    server = await requireServer(this, startRabbit, { own: true });
    underTest = {
      server,
      queue: (options) => new CeleryQueue({ ...options, broker: server.url }),
      onConnection: async () => {
        const connection = await connect(server.url);
        return {
          queue: new CeleryQueue({ connection }),
          alive: async () => {
            await (await connection.createChannel()).close();
            return true;
          },
          end: () => connection.close(),
        };
      },
      locked: () =>
        new CeleryQueue({ broker: server.url.replace('guest:guest', 'guest:wrong-secret') }),
      waiting: () => count('celery'),
      dead: () =>
        ask(async (connection) => {
          const channel = await connection.createChannel();
          await channel.assertQueue('celery.dead', { durable: true });
          const reasons: string[] = [];
          for (
            let message = await channel.get('celery.dead');
            message;
            message = await channel.get('celery.dead')
          ) {
            reasons.push(message.properties.headers?.kaneda_reason);
          }
          await channel.close();
          return reasons;
        }),
      poison: () =>
        ask(async (connection) => {
          const channel = await connection.createConfirmChannel();
          await channel.assertQueue('celery', { durable: true });
          channel.sendToQueue('celery', Buffer.from('no job'));
          await channel.waitForConfirms();
          await channel.close();
        }),
      leftovers: async () => ((await count('celery')) === 0 ? [] : ['celery']),
      clear: () =>
        ask(async (connection) => {
          const channel = await connection.createChannel();
          for (const queue of ['celery', 'celery.dead']) await channel.deleteQueue(queue);
          await channel.close();
        }),
    };
  });

  after(async () => {
    await server?.stop();
  });

  queueConformance(() => underTest);

  it('makes the queue again when somebody deleted it, and loses nothing that comes then', async () => {
    const queue = new CeleryQueue({ broker: server.url });
    for (const reports of [1, 250]) {
      queue[INTERNALS].accept(someReports(reports));
      await queue.forceFlush({ timeout: 20_000 });
      expect(await count('celery')).to.equal(reports);
      await ask(async (connection) => {
        const channel = await connection.createChannel();
        await channel.deleteQueue('celery');
        await channel.close();
      });
    }
    expect(queue.ledger()).to.deep.include({ accepted: 251, stored: 251, pending: 0 });
    await queue.shutdown();
  });

  it('gives others their turn while it reads much that has come', async () => {
    const sent = 5_000;
    const connection = await connect(server.url);
    const channel = await connection.createConfirmChannel();
    await channel.assertQueue('much', { durable: true });
    for (let i = 0; i < sent; i++) channel.sendToQueue('much', Buffer.alloc(1_000));
    await channel.waitForConfirms();
    const link = new AmqpLink(undefined, [server.url], 0);
    const reader = await (await link.open()).createChannel();
    const turns: number[] = [];
    let [inTurn, read] = [0, 0];
    await new Promise<void>((resolve) => {
      const turn = () => {
        turns.push(inTurn);
        inTurn = 0;
        if (read < sent) setImmediate(turn);
        else resolve();
      };
      void reader.consume('much', () => {
        inTurn++;
        // What comes while nobody reads is there at once afterwards.
        if (++read === 1) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
      });
      turn();
    });
    expect(Math.max(...turns)).to.be.at.most(200);
    await reader.close();
    await link.close();
    await channel.deleteQueue('much');
    await connection.close();
  }).timeout(120_000);
});

for (const [broker, start] of [
  ['Redis', startRedis],
  ['RabbitMQ', startRabbit],
] as const) {
  describe(`CeleryQueue and Python's Celery on ${broker}`, () => {
    let server: Server;
    let underTest: PeerUnderTest;

    before(async function () {
      server = await requireServer(this, start, { own: true });
      const peer = await orSkip(this, python);
      underTest = {
        python: peer,
        expression: `CeleryQueue(broker='${server.url}', queue_name='celery')`,
        queue: () => new CeleryQueue({ broker: server.url }),
        worker: () => peer.celeryWorker(server.url),
      };
    });

    after(async () => {
      await server?.stop();
    });

    pythonConformance(() => underTest);
  });
}
