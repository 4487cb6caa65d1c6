import { mock } from 'node:test';
import { inspect } from 'node:util';
import { expect } from 'chai';
import { SettingsError } from '../../../../src/errors.js';
import { Metrics } from '../../../../src/metrics/metrics.js';
import { fakeMetrics } from '../../../../src/testing/index.js';

describe('fakeMetrics', () => {
  it('is a Metrics', () => {
    const metrics: Metrics = fakeMetrics();
    expect(metrics).to.be.instanceof(Metrics);
  });

  it('refuses faulty options', () => {
    const refused = (options: unknown, text: string): unknown =>
      expect(() => fakeMetrics(options as never)).to.throw(SettingsError, text);
    refused({ onproblem: () => {} }, 'fakeMetrics: onproblem: unknown; did you mean onProblem?');
    refused({ onProblem: 5 }, 'fakeMetrics: onProblem: must be a function');
    for (const options of [null, 5]) refused(options, 'options: must be an object');
  });

  it('sums a counter at once, over all tags or over those asked for', () => {
    const metrics = fakeMetrics();
    metrics.increment('orders', { country: 'ch', plan: 'a' });
    metrics.increment('orders', { country: 'ch', plan: 'b' }, 4);
    metrics.decrement('orders', { country: 'de' }, 2);
    expect(metrics.recorded.counter('orders')).to.equal(3);
    expect(metrics.recorded.counter('orders', { country: 'ch' })).to.equal(5);
    expect(metrics.recorded.counter('orders', { country: 'ch', plan: 'b' })).to.equal(4);
    expect(metrics.recorded.counter('orders', { country: 'fr' })).to.equal(0);
    expect(metrics.recorded.counter('order')).to.equal(0);
  });

  it('shows its calls to console.log', () => {
    const metrics = fakeMetrics();
    metrics.increment('orders', { country: 'ch' }, 2);
    metrics.custom('sale', { metric: 'purchase', value: { total: 12.5 } });
    expect(inspect(metrics.recorded).replace(/\s+/g, ' ')).to.equal(
      "Recorded { calls: [ { metric: 'counter', name: 'orders', value: 2, tags: { country: 'ch' } }, " +
        "{ metric: 'purchase', name: 'sale', fields: { total: 12.5 } } ] }",
    );
  });

  it('names what is neither a name nor tags', () => {
    const { recorded } = fakeMetrics();
    const given: unknown[][] = [
      [undefined],
      [5],
      ['orders', null],
      ['orders', 5],
      ['orders', 'ch'],
    ];
    for (const one of given)
      for (const method of ['counter', 'gauge', 'timings', 'events', 'byName'] as const)
        expect(() => recorded[method](...(one as ['orders']))).to.throw(
          TypeError,
          'recorded takes a name, and tags as calls do',
        );
  });

  it('gives the last value of a gauge', () => {
    const metrics = fakeMetrics();
    expect(metrics.recorded.gauge('queue')).to.equal(undefined);
    metrics.gauge('queue', 3);
    metrics.gauge('queue', 7n);
    metrics.gauge('queue', 5, { name: 'b' });
    expect(metrics.recorded.gauge('queue', { name: 'b' })).to.equal(5);
    metrics.gauge('queue', 1);
    expect(metrics.recorded.gauge('queue')).to.equal(1);
  });

  it('lists timings, those of timed functions too', async () => {
    const metrics = fakeMetrics();
    metrics.timing('load', 0.25, { page: 'a' });
    metrics.timing('load', 1);
    await metrics.timed('work')(async () => 'done')();
    expect(metrics.recorded.timings('load')).to.deep.equal([0.25, 1]);
    expect(metrics.recorded.timings('load', { page: 'a' })).to.deep.equal([0.25]);
    expect(metrics.recorded.timings('work')).to.have.length(1);
    expect(metrics.recorded.byName('work')[0]).to.include({ metric: 'timing', unit: 's' });
  });

  it('lists events and customs with lists of tags', () => {
    const metrics = fakeMetrics();
    metrics.event('deployed', 'version 3', ['blue', 'eu']);
    metrics.event('deployed', 'version 4', ['green', 'eu']);
    metrics.custom('order', { metric: 'sale', value: { total: 5 }, id: 'o-1' });
    expect(metrics.recorded.events('deployed')).to.deep.equal(['version 3', 'version 4']);
    expect(metrics.recorded.events('deployed', ['eu', 'blue'])).to.deep.equal(['version 3']);
    expect(metrics.recorded.events('deployed', { eu: true })).to.deep.equal([]);
    const [sale] = metrics.recorded.byName('order');
    expect(sale).to.deep.include({ id: 'o-1', metric: 'sale', fields: { total: 5 } });
  });

  it('shows at once what children and handles record, with their prefix, tags and unit', () => {
    const metrics = fakeMetrics();
    const child = metrics.with({ prefix: 'shop.', tags: { country: 'ch' } });
    child.describe('load', { unit: 'ms' });
    child.counter('orders', { plan: 'a' }).add(3);
    child.counter('orders').add();
    child.level('queue').set(4);
    expect(child.timer('load').time(() => 'done')).to.equal('done');
    expect(metrics.recorded.counter('shop.orders', { country: 'ch' })).to.equal(4);
    expect(metrics.recorded.counter('shop.orders', { plan: 'a' })).to.equal(3);
    expect(metrics.recorded.gauge('shop.queue')).to.equal(4);
    expect(metrics.recorded.timings('shop.load')).to.have.length(1);
    expect(metrics.recorded.byName('shop.load')[0]).to.include({ unit: 'ms' });
  });

  it('refuses what a real Metrics refuses, and counts it', async () => {
    const problems: string[] = [];
    const metrics = fakeMetrics({ onProblem: ({ code }) => void problems.push(code) });
    metrics.timing('load', -1);
    metrics.increment('');
    metrics.increment('ok');
    await metrics.close();
    metrics.increment('ok');
    const { accepted, stored, refused } = metrics.ledger();
    expect({ accepted, stored, refused }).to.deep.equal({
      accepted: 1,
      stored: 1,
      refused: { value: 1, name: 1, closed: 1 },
    });
    expect(problems).to.deep.equal(['KANEDA_REFUSED', 'KANEDA_REFUSED', 'KANEDA_REFUSED']);
    expect(metrics.recorded.reports).to.have.length(1);
  });

  it('forgets what it recorded when told to', () => {
    const { increment, recorded } = fakeMetrics();
    increment('orders');
    recorded.clear();
    expect(recorded.counter('orders')).to.equal(0);
    increment('orders');
    expect(recorded.counter('orders')).to.equal(1);
  });

  it('records, flushes and closes under fake timers', async () => {
    mock.timers.enable();
    try {
      const metrics = fakeMetrics();
      metrics.increment('orders');
      expect(metrics.recorded.counter('orders')).to.equal(1);
      expect(metrics.recorded.reports[0]!.timestamp.getTime()).to.equal(0);
      await metrics.flush();
      await metrics.close();
    } finally {
      mock.timers.reset();
    }
  });
});
