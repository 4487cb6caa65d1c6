import { expect } from 'chai';
import { brokerRule, brokerUrls } from '../../../../exporters/queues/celery/broker.js';
import { CeleryQueue } from '../../../../exporters/queues/celery/index.js';
import { RQQueue } from '../../../../exporters/queues/rq/index.js';

describe("Celery's broker", () => {
  /** The right sides are what kombu's `Connection(url).info()` answers. */
  const meanings: Record<string, string[]> = {
    'pyamqp://': ['amqp://guest:guest@localhost/%2F'],
    'pyamqp://u:p@h': ['amqp://u:p@h/%2F'],
    'librabbitmq://h:77/v': ['amqp://guest:guest@h:77/v'],
    'amqp://guest@host//': ['amqp://guest:guest@host/%2F'],
    'amqp://guest@host/': ['amqp://guest:guest@host/%2F'],
    'amqp://:p@h//a': ['amqp://guest:p@h/%2Fa'],
    'amqp://h/a/b': ['amqp://guest:guest@h/a%2Fb'],
    'amqp://h/%2F?heartbeat=5': ['amqp://guest:guest@h/%2F?heartbeat=5'],
    'AMQPS://u:p%40%2F@h/': ['amqps://u:p%40%2F@h/%2F'],
    'amqp://a;amqp://b': ['amqp://guest:guest@a/%2F', 'amqp://guest:guest@b/%2F'],
    'amqp://u:a;b@h; pyamqp://b/v': ['amqp://u:a%3Bb@h/%2F', 'amqp://guest:guest@b/v'],
    'redis://:pw@host/0': ['redis://:pw@host/0'],
    'redis://a/1;redis://b/1;': ['redis://a/1', 'redis://b/1'],
    'rediss://h/0?ssl_cert_reqs=required': ['rediss://h/0?ssl_cert_reqs=required'],
    ' amqp://h/v\n': ['amqp://guest:guest@h/v'],
  };
  for (const [broker, urls] of Object.entries(meanings)) {
    it(`${JSON.stringify(broker)} means what it means for Celery`, () => {
      expect(brokerRule(broker)).to.equal(undefined);
      expect(brokerUrls(broker)).to.deep.equal(urls);
    });
  }

  const faults: Record<string, RegExp> = {
    'sentinel://h:26379/0':
      /must not begin with sentinel:\/\/.*connection: new Redis\(\{ sentinels/,
    'redis+socket:///tmp/r': /must not begin with redis\+socket:\/\/.*path/,
    'sqs://h': /must be a URL that begins with redis:\/\//,
    'amqp://a;redis://b': /must list brokers of one kind/,
    'amqp://a;sqs://b': /must list brokers of one kind/,
    'rediss://h/0?ssl_cert_reqs=none': /must not contain ssl_cert_reqs.*NODE_EXTRA_CA_CERTS/,
    'amqps://h?ssl_ca_certs=/x': /must not contain ssl_ca_certs/,
    'redis://h/0?keyPrefix=shop:': /must not have a keyPrefix/,
    'redis://:se\ncret@h/0': /must not contain line breaks/,
    'redis://u:100%@h': /percent-encode/,
  };
  for (const [broker, fault] of Object.entries(faults)) {
    it(`${JSON.stringify(broker)} is refused with what to do`, () => {
      expect(brokerRule(broker)).to.match(fault).and.not.include('cret');
    });
  }

  it('names each of several brokers as its target, without their passwords', async () => {
    const queue = new CeleryQueue({ broker: 'amqp://u:secret@a:1//;pyamqp://u:secret@b' });
    expect(queue.target).to.equal('amqp://a:1, amqp://b');
    await queue.shutdown();
  });

  it('is free of line breaks around it, as is that of RQ', async () => {
    for (const queue of [
      new CeleryQueue({ broker: 'redis://h:1/0\n', queueName: 'q\n' }),
      new RQQueue({ redisUrl: 'redis://h:1/0\n', queueName: 'q\n' }),
    ]) {
      expect(queue.target).to.equal('redis://h:1/0');
      await queue.shutdown();
    }
  });
});
