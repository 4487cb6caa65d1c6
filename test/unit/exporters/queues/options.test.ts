import { expect } from 'chai';
import type { Fault } from '../../../../exporters/errors.js';
import { BullMQQueue } from '../../../../exporters/queues/bullmq/index.js';
import { CeleryQueue } from '../../../../exporters/queues/celery/index.js';
import { Worker } from '../../../../exporters/queues/index.js';
import { RQQueue } from '../../../../exporters/queues/rq/index.js';

function faultsOf(make: () => unknown): string[] {
  try {
    make();
  } catch (error) {
    expect(error).to.have.property('code', 'KANEDA_SETTINGS');
    return (error as { faults: Fault[] }).faults
      .map(({ path, reason }) => `${path}: ${reason}`)
      .sort();
  }
  return [];
}

describe("a queue's options", () => {
  it('are all judged at once', () => {
    const options = {
      redisUrl: 'http://x',
      queueNme: 'a',
      serializer: 'xml',
      batchSize: 0,
    } as never;
    expect(faultsOf(() => new RQQueue(options))).to.deep.equal([
      'batchSize: must be a whole number above 0',
      'queueNme: unknown',
      'redisUrl: must be a URL that begins with redis:// or rediss://',
      "serializer: must be 'pickle' or 'json'",
    ]);
  });

  it('are judged by a BullMQQueue also where they are something else than a queue', () => {
    for (const queue of [null, 5, {}, { name: 'kaneda' }])
      expect(faultsOf(() => new BullMQQueue({ queue: queue as never }))).to.deep.equal([
        'queue: must be an object with addBulk(), waitUntilReady()',
      ]);
  });

  it('name one way to the broker', () => {
    expect(faultsOf(() => new RQQueue())).to.deep.equal(['redisUrl: missing']);
    expect(faultsOf(() => new CeleryQueue({ queueName: '' }))).to.deep.equal(['broker: missing']);
    expect(faultsOf(() => new BullMQQueue({ queueName: 'a:b' }))).to.deep.equal([
      'queueName: must not contain colons',
      'redisUrl: missing',
    ]);
    const connection = { evalsha() {}, duplicate() {} } as never;
    expect(faultsOf(() => new RQQueue({ connection, redisUrl: 'redis://x' }))).to.deep.equal([
      'redisUrl: excludes connection',
    ]);
    expect(faultsOf(() => new CeleryQueue({ broker: 'kafka://x' }))).to.have.length(1);
    expect(faultsOf(() => new CeleryQueue({ connection: {} as never }))).to.deep.equal([
      'connection: must be a connection of ioredis or amqplib',
    ]);
  });

  it('never show a password', () => {
    for (const make of [
      () => new RQQueue({ redisUrl: 'redis://:secret@[' }),
      () => new CeleryQueue({ broker: 'ftp://u:secret@h' }),
    ]) {
      expect(make)
        .to.throw()
        .satisfies((error: Error) => !`${error.message} ${error.stack}`.includes('secret'));
    }
  });
});

describe("a worker's options", () => {
  it('are all judged at once', () => {
    expect(faultsOf(() => new Worker({ concurrency: 0, batchsize: 1 } as never))).to.deep.equal([
      'backend: missing',
      'batchsize: unknown',
      'concurrency: must be a whole number above 0',
      'queue: missing',
    ]);
  });
});
