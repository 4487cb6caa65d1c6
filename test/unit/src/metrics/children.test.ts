import { expect } from 'chai';
import { Metrics, type Tags } from '../../../../src/index.js';
import { ForeignProvider } from '../../../support/foreign-provider.js';
import { diagDuring, eachWithStore, MemoryStore } from './support.js';

describe('A child of a Metrics', () => {
  let store: MemoryStore;
  let metrics: Metrics;
  eachWithStore((made) => {
    ({ store, metrics } = made);
  });

  const stored = (): unknown[] =>
    store.reports.map(({ name, metric, tags }) => [name, metric, tags]);

  it('puts its prefix and tags to every kind of call, and works without its object', async () => {
    const child = metrics.with({ prefix: 'shop.', tags: { region: 'eu', n: 1 } });
    const { increment, decrement, gauge, timing, timed, event, custom, counter } = child;
    increment('up');
    decrement('down', { page: '/' });
    gauge('size', 5);
    timing('load', 0.5);
    timed('call')(() => 1)();
    event('deploy', 'now');
    custom('sale', { metric: 'order', value: 1, tags: { n: 2 } });
    counter('handle').add();
    child.level('level').set(1);
    child.timer('timer').record(1);
    await child.flush();
    const tags = { region: 'eu', n: 1 };
    expect(stored()).to.have.deep.members([
      ['shop.up', 'counter', tags],
      ['shop.down', 'counter', { ...tags, page: '/' }],
      ['shop.size', 'gauge', tags],
      ['shop.load', 'timing', tags],
      ['shop.call', 'timing', tags],
      ['shop.deploy', 'event', tags],
      ['shop.sale', 'order', { region: 'eu', n: 2 }],
      ['shop.handle', 'counter', tags],
      ['shop.level', 'gauge', tags],
      ['shop.timer', 'timing', tags],
    ]);
  });

  it('is a Metrics, shares series and ledger with its parent, and closes nothing', async () => {
    const child = metrics.with({ prefix: 'a.' });
    expect(child).to.be.instanceOf(Metrics);
    metrics.increment('a.views');
    child.increment('views', undefined, 2);
    child.gauge('', 1);
    await child.close();
    {
      await using block = metrics.with({ tags: { in: 'block' } });
      block.increment('views');
    }
    child.increment('views', undefined, 4);
    await child.flush();
    expect(store.of('a.views')).to.deep.equal([7]);
    expect(child.ledger()).to.deep.equal(metrics.ledger());
    expect(metrics.ledger().refused).to.deep.equal({ name: 1 });
    expect(store.disconnected).to.equal(0);
    await metrics.close();
    await diagDuring(() => child.increment('views'));
    expect(child.ledger().refused).to.deep.equal({ name: 1, closed: 1 });
  });

  it('has the prefix and tags of the children above it, of which the nearest and the call win', async () => {
    const inner = metrics
      .with({ prefix: 'a.', tags: { x: 1, y: 1, z: 1 } })
      .with({})
      .with({ prefix: 'b.', tags: { y: 2, z: 2 } });
    inner.increment('c', { z: 3 });
    inner.increment('c', { x: undefined } as unknown as Tags);
    await metrics.flush();
    expect(store.of('a.b.c')).to.deep.equal([
      [1, { x: 1, y: 2, z: 3 }],
      [1, { y: 2, z: 2 }],
    ]);
  });

  it('joins its tags to a list as key:value, except for keys that the list has', async () => {
    const child = metrics.with({ tags: { region: 'eu', ok: true, n: 5 } });
    child.increment('votes', ['paid']);
    child.increment('votes', ['region:us', 'paid']);
    await metrics.flush();
    expect(store.of('votes')).to.deep.equal([
      [1, ['n:5', 'ok:true', 'paid', 'region:eu']],
      [1, ['n:5', 'ok:true', 'paid', 'region:us']],
    ]);
  });

  it('keeps its tags, whatever becomes of the object', async () => {
    const tags: Record<string, string> = { region: 'eu' };
    const child = metrics.with({ tags });
    tags.region = 'us';
    child.increment('views');
    await metrics.flush();
    expect(store.of('views')).to.deep.equal([[1, { region: 'eu' }]]);
  });

  it('removes its own series', async () => {
    const child = metrics.with({ prefix: 'a.', tags: { x: 1 } });
    child.gauge('size', 1);
    metrics.gauge('a.size', 2);
    child.remove('size');
    for (let i = 0; i < 3; i++) await metrics.flush();
    expect(store.of('a.size')).to.have.deep.members([[1, { x: 1 }], 2, 2, 2]);
  });

  it('names decorated methods, and keeps their names without one of its own', async () => {
    const child = metrics.with({ prefix: 'shop.', tags: { region: 'eu' } });
    class Shop {
      @child.timed()
      order(): number {
        return 5;
      }
      @child.timed('own', { tags: { region: 'us' } })
      static async open(): Promise<number> {
        return 6;
      }
    }
    expect([new Shop().order(), await Shop.open()]).to.deep.equal([5, 6]);
    await metrics.flush();
    expect(stored()).to.deep.equal([
      ['shop.Shop.order', 'timing', { region: 'eu' }],
      ['shop.own', 'timing', { region: 'us' }],
    ]);
  });

  it('refuses calls for a bad prefix or bad tags, and never throws', async () => {
    const bad: unknown[] = [
      { prefix: 5 },
      { tags: ['a'] },
      { tags: { user: {} } },
      { tags: 5 },
      null,
      'shop.',
      hostile('prefix'),
      { tags: hostile('user') },
    ];
    await diagDuring(() => {
      for (const options of bad) {
        const child = metrics.with(options as { prefix: string });
        child.increment('views');
        child.with({ prefix: 'x.' }).counter('views').add();
      }
      metrics.with({ tags: { user: {} } } as never).increment('fine', { user: 'a' });
      metrics.with({ prefix: 'x'.repeat(250) }).increment('views.and.more');
      metrics.with({ prefix: 'a.' }).increment('');
    });
    await metrics.flush();
    expect(store.reports.map(({ name }) => name)).to.deep.equal(['fine']);
    expect(metrics.ledger().refused).to.deep.equal({ name: 10, tag: 8 });
  });

  it('records in individual mode, and on a provider of the application', async () => {
    const single = new Metrics({ backend: store, mode: 'individual' });
    single.with({ prefix: 'a.', tags: { x: 1 } }).timing('load', 2);
    await single.close();
    expect(store.of('a.load')).to.deep.equal([[2, { x: 1 }]]);
    const foreign = new ForeignProvider([{ temporality: 'delta' }]);
    const there = new Metrics({ meterProvider: foreign.provider });
    there.with({ prefix: 'a.', tags: { x: 1 } }).increment('views', undefined, 3);
    const [point] = await foreign.points('a.views');
    expect(point).to.deep.include({ attributes: { x: 1 }, value: 3 });
    await there.close();
  });

  it('finds many names, more than it keeps ready', async () => {
    const child = metrics.with({ prefix: 'a.' });
    for (let round = 0; round < 2; round++)
      for (let i = 0; i < 1_500; i++) child.increment(`n${i}`);
    await metrics.flush();
    expect(store.reports).to.have.length(1_500);
    expect(store.of('a.n1499')).to.deep.equal([2]);
  });
});

describe('A Metrics that is not enabled', () => {
  it('records nothing, refuses nothing, connects to nothing, and still runs what it times', async () => {
    const store = new MemoryStore();
    const metrics = new Metrics({ backend: store, enabled: false });
    const child = metrics.with({ prefix: 'a.' });
    const said = await diagDuring(async () => {
      for (const one of [metrics, child]) {
        one.increment('views');
        one.increment('');
        one.gauge('size', Number.NaN);
        one.timing('load', 1);
        one.event('deploy', 'now');
        one.custom('sale', { metric: 'order', value: 1 });
        one.counter('views').add();
        one.level('size').set(1);
        expect(one.timer('load').time(() => 5)).to.equal(5);
        expect(one.timed('load')(() => 6)()).to.equal(6);
        one.remove('views');
        await one.flush();
      }
      await metrics.close();
    });
    expect(said).to.deep.equal([]);
    expect(store.reports).to.deep.equal([]);
    expect([store.disconnected, metrics.ledger()]).to.deep.equal([
      0,
      { accepted: 0, stored: 0, pending: 0, rejected: {}, dropped: {}, refused: {} },
    ]);
    await store.shutdown();
  });

  it('has its options checked all the same, and no settings read', () => {
    expect(() => new Metrics({ enabled: false, exportInterval: -1 })).to.throw('exportInterval');
    expect(() => new Metrics({ enabled: 'no' as unknown as boolean })).to.throw('enabled');
    const before = process.env.KANEDA_EXPORT_INTERVAL;
    process.env.KANEDA_EXPORT_INTERVAL = 'x';
    try {
      expect(() => new Metrics()).to.throw('EXPORT_INTERVAL');
      new Metrics({ enabled: false });
    } finally {
      if (before === undefined) delete process.env.KANEDA_EXPORT_INTERVAL;
      else process.env.KANEDA_EXPORT_INTERVAL = before;
    }
  });
});

const hostile = (key: string): object =>
  Object.defineProperty({}, key, {
    enumerable: true,
    get: () => {
      throw new Error('not readable');
    },
  });
