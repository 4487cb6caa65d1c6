import { expect } from 'chai';
import { Metrics } from '../../../../src/index.js';
import { diagDuring, eachWithStore, MemoryStore } from './support.js';

const sum = (values: readonly unknown[]): number =>
  values.reduce<number>((all, value) => all + (value as number), 0);
const valuesIn = (store: MemoryStore): unknown[] => store.reports.map(({ value }) => value);

describe('Metrics: what an application may make without bound', () => {
  let store: MemoryStore;
  let metrics: Metrics;
  eachWithStore((made) => {
    ({ store, metrics } = made);
  });

  it('folds lists of tags past their limit into one, reported once, with the sum kept', async () => {
    const said = await diagDuring(async () => {
      for (let i = 0; i < 100_000; i++) metrics.increment('x', [`user:${i}`, 'all']);
      await metrics.flush();
    });

    expect(store.reports).to.have.length(1001);
    expect(sum(valuesIn(store))).to.equal(100_000);
    expect(store.reports.find(({ tags }) => (tags as string[])[0] === '__other__')?.value).to.equal(
      99_000,
    );
    expect(said.filter((text) => text.includes('listLimit'))).to.have.length(1);
  });

  it('folds keys of tags past their limit into one tag, reported once, with the sum kept', async () => {
    const said = await diagDuring(async () => {
      for (let i = 0; i < 20_000; i++) {
        metrics.increment('x', { [`user:${i}`]: 1 });
        metrics.timing('t', 1, { [`user:${i}`]: 1, all: true });
      }
      await metrics.flush();
    });

    const others = store.reports.filter(({ tags }) => Object.hasOwn(tags as object, '__other__'));
    expect(
      others.map(({ name, value, fields, tags }) => [name, fields?.count ?? value, tags]),
    ).to.have.deep.members([
      ['x', 19_000, { __other__: '__other__' }],
      ['t', 19_001, { __other__: '__other__', all: true }],
    ]);
    expect(store.reports).to.have.length(1_001 + 1_000);
    expect(said.filter((text) => text.includes('different keys'))).to.have.length(2);
  });

  it('takes listLimit for gauges and timings too, and keeps lists that it knows', async () => {
    store = new MemoryStore();
    metrics = new Metrics({ backend: store, listLimit: 2 });
    for (const tag of ['a', 'b', 'c', 'd', 'b']) metrics.timing('load', 1, [tag]);
    for (const tag of ['a', 'b', 'c', 'd']) metrics.gauge('size', 1, [tag, 'x']);
    await metrics.flush();

    const counts = store.reports
      .filter(({ name }) => name === 'load')
      .map(({ tags, fields }) => [tags, fields?.count]);
    expect(counts).to.have.deep.members([
      [['a'], 1],
      [['b'], 2],
      [['__other__'], 2],
    ]);
    const gauges = store.reports.filter(({ name }) => name === 'size').map(({ tags }) => tags);
    expect(gauges).to.have.deep.members([['a', 'x'], ['b', 'x'], ['__other__']]);
  });

  it('gives a list its place when another has left', async () => {
    store = new MemoryStore();
    metrics = new Metrics({ backend: store, listLimit: 1 });
    metrics.increment('x', ['a']);
    metrics.remove('x', ['a']);
    for (let i = 0; i < 3; i++) await metrics.flush();
    metrics.increment('x', ['b']);
    await metrics.flush();

    expect(store.of('x')).to.deep.equal([
      [1, ['a']],
      [1, ['b']],
    ]);
  });

  it('refuses names past their limit, counted and reported once', async () => {
    const said = await diagDuring(async () => {
      for (let i = 0; i < 30_000; i++) metrics.increment(`user.${i}`);
      metrics.increment('user.7');
      metrics.gauge('late', 1);
      metrics.timing('late', 1);
      await metrics.flush();
    });

    expect(metrics.ledger().refused).to.deep.equal({ names: 20_002 });
    expect(sum(valuesIn(store))).to.equal(10_001);
    expect(said.filter((text) => text.includes('nameLimit'))).to.have.length(1);
  });

  it('takes nameLimit', () => {
    const few = new Metrics({ backend: store, nameLimit: 1 });
    few.gauge('one', 1);
    few.increment('two');
    few.gauge('one', 2);
    expect(few.ledger().refused).to.deep.equal({ names: 1 });
  });

  it('gives no name to a call that is refused', async () => {
    store = new MemoryStore();
    metrics = new Metrics({ backend: store, nameLimit: 3 });
    const bad = { a: {} } as unknown as Record<string, string>;
    for (let i = 0; i < 10; i++) {
      metrics.gauge(`size.${i}`, Number.NaN);
      metrics.increment(`hits.${i}`, undefined, Number.POSITIVE_INFINITY);
      metrics.timing(`load.${i}`, -1);
      metrics.gauge(`size.${i}`, 1, bad);
      metrics.counter(`hits.${i}`, bad).add();
      metrics.timing(`load.${i}`, 1, bad);
    }
    metrics.gauge('size', 1);
    metrics.increment('hits');
    metrics.timing('load', 1);
    await metrics.flush();

    expect(metrics.ledger().refused).to.deep.equal({ value: 30, tag: 30 });
    expect(store.reports.map(({ name }) => name)).to.have.members(['size', 'hits', 'load']);
  });
});

describe('Metrics: refusals', () => {
  const refusedBy = async (call: (metrics: Metrics) => void): Promise<string> => {
    const metrics = new Metrics({ backend: new MemoryStore() });
    const said = await diagDuring(() => call(metrics));
    await metrics.close();
    return said.join('\n');
  };

  it('are not made for a tag that is null, which is no tag', async () => {
    const store = new MemoryStore();
    const metrics = new Metrics({ backend: store });
    const none = null as unknown as string;
    metrics.increment('x', { plan: none, page: '/' });
    metrics.increment('x', { page: '/' });
    metrics.increment('x', { page: '/', plan: none });
    metrics.increment('y', { plan: none });
    metrics.increment('y');
    metrics.event('deploy', 'now', { plan: none, host: 'a' });
    metrics.custom('sale', { metric: 'order', value: 1, tags: { plan: none } });
    await metrics.flush();

    expect(metrics.ledger().refused).to.deep.equal({});
    expect(store.of('x')).to.deep.equal([[3, { page: '/' }]]);
    expect(store.of('y')).to.deep.equal([2]);
    expect(store.of('deploy')).to.deep.equal([['now', { host: 'a' }]]);
    await metrics.close();
  });

  it('name the key and the type of a bad tag, and not its value', async () => {
    const bad = { page: '/', user: { password: 'secret' } } as unknown as Record<string, string>;
    for (const call of [
      (metrics: Metrics) => metrics.increment('x', bad),
      (metrics: Metrics) => metrics.event('x', 'text', bad),
      (metrics: Metrics) => metrics.custom('x', { metric: 'm', value: 1, tags: bad }),
      (metrics: Metrics) => metrics.timed('x', { tags: bad })(() => 1)(),
    ]) {
      const said = await refusedBy(call);
      expect(said).to.include('the tag "user" is an object (Object)').and.not.include('secret');
    }
    expect(await refusedBy((metrics) => metrics.gauge('x', 1, { rate: Number.NaN }))).to.include(
      'the tag "rate" is NaN',
    );
    expect(
      await refusedBy((metrics) => metrics.gauge('x', 1, ['a', 7 as unknown as string])),
    ).to.include('item 1 of the list of tags is a number');
  });

  it('name the type of a bad value', async () => {
    expect(await refusedBy((metrics) => metrics.gauge('x', '5' as unknown as number))).to.include(
      'the value is a string',
    );
    expect(await refusedBy((metrics) => metrics.timing('x', -1))).to.include(
      'the value is negative',
    );
  });
});
