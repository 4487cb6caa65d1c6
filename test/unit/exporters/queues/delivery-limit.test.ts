import { expect } from 'chai';
import { describeLimit } from '../../../../exporters/queues/celery/amqp/delivery-limit.js';

describe("the remedy for a quorum queue's limit", () => {
  const commandFor = (queue: string): string =>
    /rabbitmqctl set_policy kaneda (.*) '\{/.exec(describeLimit(queue, { version: '4.0.1' }))![1]!;

  it('is a command whose pattern matches the queue and no other', () => {
    for (const queue of ['celery', 'metrics.v1', 'a+b (c)', '[x]', 'q$|.*', 'back\\slash']) {
      const [, pattern] = /^'(.*)'$/.exec(commandFor(queue))!;
      expect(new RegExp(pattern!).test(queue), pattern).to.equal(true);
      expect(new RegExp(pattern!).test(`${queue}x`), pattern).to.equal(false);
    }
    expect(new RegExp(/^'(.*)'$/.exec(commandFor('metrics.v1'))![1]!).test('metricsxv1')).to.equal(
      false,
    );
  });

  it('is one word for a shell, also where the queue has a quote in its name', () => {
    expect(commandFor("it's")).to.equal("'^it'\\''s$'");
  });
});
