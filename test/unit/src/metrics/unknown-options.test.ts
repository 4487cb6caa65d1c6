import { expect } from 'chai';
import type { Problem } from '../../../../exporters/index.js';
import { Metrics } from '../../../../src/index.js';
import { MemoryStore } from './support.js';

describe('an option that there is not', () => {
  let store: MemoryStore;
  let metrics: Metrics;
  let told: Problem[];
  beforeEach(() => {
    told = [];
    store = new MemoryStore();
    metrics = new Metrics({ backend: store, onProblem: (problem) => void told.push(problem) });
  });
  afterEach(() => metrics.close());

  const wrong = (value: unknown): never => value as never;
  const texts = (): string[] =>
    told.map(({ code, message }) => {
      expect(code).to.equal('KANEDA_SETTINGS');
      return message;
    });

  it('is told of with the one that is meant, once for each method, and the call is recorded', async () => {
    for (let i = 0; i < 3; i++) {
      metrics.timed('load', wrong({ usems: true }))(() => i)();
      metrics.timed('load', wrong({ route: '/' }))(() => i)();
      metrics.with(wrong({ prefx: 'shop.' })).increment('orders');
      metrics.custom('sale', wrong({ metric: 'purchase', value: 5, tgas: { a: 'b' } }));
    }
    await metrics.flush(wrong({ timeuot: 5 }));
    await metrics.flush(wrong(100));
    expect(texts()).to.deep.equal([
      'kaneda-otel: metrics.timed: usems: unknown; did you mean useMs?',
      'kaneda-otel: metrics.with: prefx: unknown; did you mean prefix?',
      'kaneda-otel: metrics.custom: tgas: unknown; did you mean tags?',
      'kaneda-otel: metrics.flush: timeuot: unknown; did you mean timeout?',
    ]);
    expect(store.of('sale')).to.deep.equal([5, 5, 5]);
    expect(store.of('orders')).to.deep.equal([3]);
    expect(store.of('load')[0]).to.include({ count: 6 });
    expect(metrics.ledger().refused).to.deep.equal({});
  });

  it('is told of where tags or a number stand in the place of the options', async () => {
    metrics.timed('load', wrong({ route: '/' }))(() => 1)();
    await metrics.flush(wrong(100));
    await metrics.close(wrong(100));
    expect(texts()).to.deep.equal([
      'kaneda-otel: metrics.timed: route: unknown; remove it; known options are tags, useMs.',
      'kaneda-otel: metrics.flush: options: must be an object; correct or remove options.',
      'kaneda-otel: metrics.close: options: must be an object; correct or remove options.',
    ]);
    expect(store.of('load')[0]).to.include({ count: 1 });
  });

  it('is not told of what a flush or a close is given as a callback', async () => {
    const instance = Object.fromEntries(
      ['addHook', 'get', 'log', 'post', 'put', 'ready'].entries(),
    );
    const throwing = new Proxy({}, { ownKeys: () => expect.fail('it was read') });
    for (const given of ['SIGTERM', null, new Error('gone'), instance, throwing]) {
      await metrics.flush(wrong(given));
      await metrics.close(wrong(given));
    }
    expect(texts()).to.deep.equal([]);
  });

  it('is told of beside inherited keys, which are none', () => {
    metrics.with(wrong(Object.create({ prefx: 'a.' })));
    expect(texts()).to.deep.equal([]);
    metrics.with(wrong({ prefx: 'a.' }));
    expect(texts()).to.have.length(1);
  });

  it('is told of in a short text, however many there are', () => {
    const many = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`key ${i}`, i]));
    metrics.timed('load', wrong(many));
    expect(texts()[0]!.match(/unknown/g)).to.have.length(5);
  });

  it('is not seen where all is well, or where the options cannot be read', async () => {
    const throwing = new Proxy({}, { ownKeys: () => expect.fail('it was read') });
    metrics.timed('load', { tags: { a: 'b' }, useMs: true })(() => 1)();
    metrics.timed('load', throwing)(() => 1)();
    metrics.timed('load', undefined)(() => 1)();
    metrics
      .with({ prefix: 'a.', tags: { b: 'c' } })
      .custom('c', { metric: 'm', value: 1, id: 'd' });
    await metrics.flush({ timeout: 5_000 });
    expect(texts()).to.deep.equal([]);
  });
});
