import { isDeepStrictEqual } from 'node:util';
import { type ChannelModel, type ConfirmChannel, connect, type Options } from 'amqplib';
import { expect } from 'chai';
import { INTERNALS } from '../../exporters/delivery/internals.js';
import { CeleryQueue } from '../../exporters/queues/celery/index.js';
import type { Taken } from '../../exporters/queues/celery/message.js';
import { Worker } from '../../exporters/queues/index.js';
import { wholeReportText } from '../../exporters/queues/jobs/kaneda-call.js';
import { InMemoryExporter } from '../../src/testing/in-memory-exporter.js';
import { BAD_MESSAGES, each, largeMessage } from '../conformance/suites/bad-jobs.js';
import { hostileConformance, type Letter } from '../conformance/suites/hostile-jobs.js';
import { someReports } from '../conformance/suites/queue.js';
import { ownRedis } from '../support/servers/own-redis.js';
import { startRabbit } from '../support/servers/rabbitmq.js';
import { requireServer, type Server } from '../support/servers/server.js';
import { until } from '../support/until.js';
import { celeryItem } from '../unit/exporters/queues/golden.js';

describe('CeleryQueue with hostile messages on Redis', () => {
  const redis = ownRedis();

  const good = JSON.parse(celeryItem('celery-5.6.2-redis'));
  const item = (changes: object) => Buffer.from(JSON.stringify({ ...good, ...changes }));
  const enveloped = ({ headers, contentType, body }: Taken) =>
    item({ headers, 'content-type': contentType, body: body.toString('base64') });
  // What is an envelope has the reason among its headers; what is none is kept as it was.
  const letterOf = (bytes: Buffer): Letter<Buffer> => {
    const text = bytes.toString('latin1');
    const [header, reason] = /"kaneda_reason": ("(?:[^"\\]|\\.)*")(?:, )?/.exec(text) ?? [];
    const kept = header === undefined ? bytes : Buffer.from(text.replace(header, ''), 'latin1');
    return {
      reason: reason === undefined ? 'kept raw' : JSON.parse(reason),
      keeps: (job) => job.equals(kept),
    };
  };
  hostileConformance<Buffer>(
    () => ({
      queue: () => new CeleryQueue({ broker: redis.url }),
      put: async (job) => void (await redis.admin.lpush('celery', job)),
      dead: async () => (await redis.admin.lrangeBuffer('celery.dead', '0', '-1')).map(letterOf),
      clear: async () => void (await redis.admin.flushall()),
    }),
    {
      ...each(BAD_MESSAGES, 'enveloped', enveloped),
      'no body': () => item({ body: undefined }),
      'a body that is no base64': () => item({ body: '***' }),
      'no properties': () => item({ properties: undefined }),
      'no headers': () => item({ headers: undefined }),
      'no envelope': () => Buffer.from('not JSON'),
      'no text': () => Buffer.from([0xff, 0, 1]),
      'an envelope of 200 levels': () => Buffer.from('{"headers": {"a": '.repeat(100)),
      '100 MB': () => enveloped(largeMessage(75)),
    },
  );
});

describe('CeleryQueue with hostile messages on RabbitMQ', () => {
  /** As an AMQP broker has it; `properties` are beside those that Celery looks at. */
  interface Message extends Taken {
    properties?: Options.Publish;
  }
  let server: Server;
  let connection: ChannelModel;
  let channel: ConfirmChannel;

  before(async function () {
    server = await requireServer(this, startRabbit, { own: true });
    connection = await connect(server.url);
    channel = await connection.createConfirmChannel();
  });

  after(async () => {
    await connection?.close();
    await server?.stop();
  });

  const letters = async () => {
    const found: Letter<Message>[] = [];
    for (
      let letter = await channel.get('celery.dead');
      letter;
      letter = await channel.get('celery.dead')
    ) {
      const { properties, content } = letter;
      const { kaneda_reason: reason, ...headers } = properties.headers ?? {};
      const { contentType } = properties;
      found.push({
        reason,
        keeps: (job) =>
          content.equals(job.body) &&
          isDeepStrictEqual([headers, contentType], [job.headers ?? {}, job.contentType]),
      });
    }
    return found;
  };
  const call = BAD_MESSAGES['an unknown task']!;
  const strange = (headers: object, properties?: Options.Publish): Message => ({
    ...call(),
    headers: { task: 'os.system', id: 'x', ...headers },
    ...(properties === undefined ? {} : { properties }),
  });
  const put = async ({ headers, contentType, body, properties }: Message) => {
    channel.sendToQueue('celery', body, {
      ...properties,
      headers,
      contentType: contentType as string,
    });
    await channel.waitForConfirms();
  };
  // RabbitMQ takes 128 MiB until version 4, and 16 MiB from then on.
  const largest = () =>
    /^[0-3]\./.test(String(connection.connection.serverProperties.version)) ? 100 : 16;
  hostileConformance<Message>(
    () => ({
      queue: () => new CeleryQueue({ broker: server.url }),
      put,
      dead: letters,
      clear: async () => {
        await channel.deleteQueue('celery.dead');
        await channel.deleteQueue('celery');
        await channel.assertQueue('celery', { durable: true });
        await channel.assertQueue('celery.dead', { durable: true });
      },
    }),
    {
      ...BAD_MESSAGES,
      'no headers': () => ({ ...call(), headers: undefined }),
      'no properties at all': () => ({
        headers: undefined,
        contentType: undefined,
        body: Buffer.from('x'),
      }),
      'the largest that a broker takes': () => largeMessage(largest()),
      'a large body beside a whole report': () => {
        const large = largeMessage(9);
        const kaneda_report = wholeReportText(someReports(1)[0]!);
        return { ...large, headers: { ...(large.headers as object), kaneda_report } };
      },
      "another user's name, and an end": () =>
        strange({}, { userId: 'guest', expiration: '3600000', priority: 9 }),
      'headers of every type': () =>
        strange({
          table: { of: { tables: [1, 'a', null, true, { b: [] }] } },
          bytes: Buffer.alloc(1_000, 0xff),
          decimal: { '!': 'decimal', value: { places: 255, digits: 4_294_967_295 } },
          time: { '!': 'timestamp', value: 1_790_000_000 },
          double: 1.5,
          int: -2_147_483_648,
        }),
      "headers of JavaScript's names": () =>
        strange({ constructor: 'x', toString: {}, hasOwnProperty: 'y' }),
      'headers of 64 KB': () => strange({ text: 'x'.repeat(65_000) }),
      'tables of 1,000 levels': () =>
        strange({
          deep: Array(1_000)
            .fill(0)
            .reduce((deep) => ({ deep }), {}),
        }),
      'every property': () =>
        strange(
          {},
          { messageId: 'a', type: 'b', appId: 'c', timestamp: 2 ** 40, correlationId: 'd' },
        ),
    },
  );

  const work = async (jobs: readonly Message[]) => {
    for (const job of jobs) await put(job);
    const queue = new CeleryQueue({ broker: server.url });
    queue[INTERNALS].accept(someReports(1));
    await queue.forceFlush({ timeout: 20_000 });
    const backend = new InMemoryExporter();
    const worker = new Worker({ queue, backend });
    await worker.run({ once: true });
    await worker.close();
    return backend.reports.length;
  };

  it('keeps the body of a message whose headers amqplib can read and not write', async () => {
    const headers: Record<string, object> = {
      'a type that is none': { '!': 'object', value: { '!': 'none', value: 1 } },
      'a double below every integer': { '!': 'double', value: -1e300 },
      'a time past every number': { '!': 'timestamp', value: 2n ** 64n - 1n },
    };
    expect(
      await work(
        Object.entries(headers).map(([name, value]) => ({
          ...strange({ value }),
          body: Buffer.from(name),
        })),
      ),
    ).to.equal(1);
    for (const name of Object.keys(headers)) {
      const letter = await channel.get('celery.dead');
      if (letter === false) throw new Error(`there is no dead letter for ${name}`);
      expect(letter.content.toString()).to.equal(name);
      expect(letter.properties.headers?.kaneda_reason).to.equal('not JSON');
    }
  });

  it('sends a dead letter nowhere else, whatever its headers ask for', async () => {
    expect(await work([strange({ CC: ['celery'] })])).to.equal(1);
    expect(await channel.checkQueue('celery.dead')).to.include({ messageCount: 1 });
    expect(await channel.checkQueue('celery')).to.include({ messageCount: 0 });
  });

  it('refuses more messages at once than a broker has channels, each of them once', async () => {
    const unwritable = { value: { '!': 'double', value: -1e300 } };
    const jobs = Array.from({ length: 2_500 }, (_, i) => ({
      ...strange(i % 50 === 49 ? unwritable : {}),
      body: Buffer.from(`job ${i}`),
    }));
    expect(await work(jobs)).to.equal(1);
    const bodies = new Set<string>();
    for (
      let letter = await channel.get('celery.dead');
      letter;
      letter = await channel.get('celery.dead', { noAck: true })
    ) {
      expect(bodies.has(letter.content.toString()), letter.content.toString()).to.equal(false);
      bodies.add(letter.content.toString());
    }
    expect(bodies).to.have.lengthOf(jobs.length);
  }).timeout(120_000);

  it('makes the queue of dead letters again when somebody deleted it', async () => {
    const worker = new Worker({
      queue: new CeleryQueue({ broker: server.url }),
      backend: new InMemoryExporter(),
    });
    const working = worker.run();
    const refused = () => Object.values(worker.ledger().refused)[0];
    for (const count of [1, 2]) {
      await put(strange({}));
      await until(() => refused() === count);
      expect(await channel.checkQueue('celery.dead')).to.include({ messageCount: 1 });
      await channel.deleteQueue('celery.dead');
    }
    await worker.close();
    await working;
  });
});
