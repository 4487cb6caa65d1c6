import { expect } from 'chai';
import fc from 'fast-check';
import { type CustomOptions, Metrics, type Tags } from '../../../../src/index.js';
import { diagDuring, eachWithStore, MemoryStore } from './support.js';

describe('Metrics: recording', () => {
  let store: MemoryStore;
  let metrics: Metrics;
  eachWithStore((made) => {
    ({ store, metrics } = made);
  });

  describe('aggregated', () => {
    it('adds up what a counter was moved by, per series, whatever the order of the keys', async () => {
      metrics.increment('views', { page: '/', user: 1 });
      metrics.increment('views', { user: 1, page: '/' }, 4);
      metrics.increment('views', ['b', 'a']);
      metrics.increment('views', ['a', 'b', 'a'], 0.5);
      metrics.decrement('views', undefined, 3);
      metrics.increment('views');
      await metrics.flush();
      expect(store.of('views')).to.deep.equal([-2, [5, { page: '/', user: 1 }], [1.5, ['a', 'b']]]);
      expect(new Set(store.reports.map(({ metric }) => metric))).to.deep.equal(
        new Set(['counter']),
      );
    });

    it('makes no report of a counter that did not move', async () => {
      metrics.increment('views');
      metrics.decrement('views');
      await metrics.flush();
      metrics.increment('views', {}, 2);
      await metrics.flush();
      await metrics.flush();
      expect(store.of('views')).to.deep.equal([2]);
    });

    it('reports the last value of a gauge in every interval', async () => {
      metrics.gauge('size', 1);
      metrics.gauge('size', 2n);
      await metrics.flush();
      await metrics.flush();
      metrics.gauge('size', -0.5);
      await metrics.flush();
      expect(store.of('size')).to.deep.equal([2, 2, -0.5]);
    });

    it('reports the distribution of timings, with its unit where a timer knows it', async () => {
      for (const value of [0.1, 0.2, 0.3, 0.4]) metrics.timing('load', value, { page: '/' });
      metrics.timed('call')(() => 1)();
      metrics.timed('whole', { useMs: true })(() => 1)();
      await metrics.flush();
      const [load, call, whole] = store.reports;
      expect(load).to.include({ name: 'load', metric: 'timing' });
      expect(load!.fields).to.include({ count: 4, sum: 1, min: 0.1, max: 0.4, mean: 0.25 });
      expect(load!.fields).to.include.keys('p50', 'p90', 'p95', 'p99');
      expect([load!.unit, call!.unit, whole!.unit]).to.deep.equal([undefined, 's', 'ms']);
    });

    it('keeps a gauge, a counter and a timing of one name apart', async () => {
      metrics.gauge('x', 1);
      metrics.increment('x', {}, 2);
      metrics.timing('x', 3);
      await metrics.flush();
      expect(store.reports.map(({ metric }) => metric).sort()).to.deep.equal([
        'counter',
        'gauge',
        'timing',
      ]);
    });

    it('folds the values of one key past tagLimit, and says which', async () => {
      metrics = new Metrics({ backend: store, tagLimit: 2 });
      const said = await diagDuring(() => {
        for (const user of ['a', 'b', 'c', 'd', 'a'])
          metrics.increment('views', { user, page: '/' });
      });
      await metrics.flush();
      expect(store.of('views')).to.deep.equal([
        [2, { user: 'a', page: '/' }],
        [1, { user: 'b', page: '/' }],
        [2, { user: '__other__', page: '/' }],
      ]);
      expect(said).to.have.length(1);
      expect(said[0]).to.include('"user"');
    });

    it('exports a removed series once more, then forgets it; a call in between keeps it', async () => {
      metrics.gauge('size', 1, { disk: 'a' });
      metrics.gauge('size', 2, { disk: 'b' });
      await metrics.flush();
      metrics.remove('size', { disk: 'a' });
      metrics.remove('size', { disk: 'b' });
      metrics.gauge('size', 3, { disk: 'b' });
      await metrics.flush();
      await metrics.flush();
      const ofA = store
        .of('size')
        .filter((entry) => (entry as [number, { disk: string }])[1].disk === 'a');
      const ofB = store
        .of('size')
        .filter((entry) => (entry as [number, { disk: string }])[1].disk === 'b');
      expect([ofA.length, ofB.length]).to.deep.equal([2, 3]);
    });

    it('exports what was removed before anything was ever exported', async () => {
      metrics.increment('views', { page: '/' }, 3);
      metrics.remove('views', { page: '/' });
      await metrics.flush();
      expect(store.of('views')).to.deep.equal([[3, { page: '/' }]]);
    });

    it('removes the untagged series alone without tags, and nothing for a name or tags that are none', async () => {
      metrics.gauge('size', 1);
      metrics.gauge('size', 2, { disk: 'b' });
      metrics.remove('size');
      for (const wrong of [null, 'disk', { disk: Number.NaN }] as unknown[])
        metrics.remove('size', wrong as Tags);
      metrics.remove('', {});
      metrics.remove('unknown');
      await metrics.flush();
      await metrics.flush();
      expect(store.of('size')).to.deep.equal([1, [2, { disk: 'b' }], [2, { disk: 'b' }]]);
    });
  });

  describe('individual', () => {
    beforeEach(() => {
      metrics = new Metrics({ backend: store, mode: 'individual' });
    });

    it('makes a report of every call, in order, with one id in all stores', async () => {
      const second = new MemoryStore();
      metrics = new Metrics({ backend: [store, second], mode: 'individual' });
      metrics.increment('views', { page: '/' });
      metrics.increment('views', { page: '/' }, 2);
      metrics.decrement('views');
      metrics.gauge('size', 4, ['b', 'a', 'b']);
      metrics.timing('load', 0.5);
      metrics.timed('call', { useMs: true })(() => 1)();
      await metrics.flush();
      // How many milliseconds the call took is for the machine to say.
      const told = (value: unknown, unit?: string) =>
        unit === 'ms' ? Number.isInteger(value) : value;
      const seen = store.reports.map(({ name, metric, value, tags, unit }) => [
        name,
        metric,
        told(value, unit),
        tags,
        unit,
      ]);
      expect(seen).to.deep.equal([
        ['views', 'counter', 1, { page: '/' }, undefined],
        ['views', 'counter', 2, { page: '/' }, undefined],
        ['views', 'counter', -1, undefined, undefined],
        ['size', 'gauge', 4, ['a', 'b'], undefined],
        ['load', 'timing', 0.5, undefined, undefined],
        ['call', 'timing', true, undefined, 'ms'],
      ]);
      expect(second.reports.map(({ id }) => id)).to.deep.equal(store.reports.map(({ id }) => id));
      expect(new Set(store.reports.map(({ id }) => id)).size).to.equal(6);
    });

    it('has the report in the outbox when the call returns', () => {
      metrics.increment('views');
      expect(metrics.ledger()).to.include({ accepted: 1, pending: 1 });
    });
  });

  describe('events and customs', () => {
    it('reports each at once, in both modes', async () => {
      metrics.event('deploy', 'version 3 is out', { host: 'a' });
      metrics.event('empty', '');
      metrics.custom('sale', {
        metric: 'order',
        value: { id: 7, total: 5n, when: new Date(0), none: undefined },
        tags: ['paid'],
        id: 'one',
      });
      metrics.custom('load', { metric: 'load', value: [1, null] });
      metrics.custom('flag', { metric: 'flag', value: null });
      expect(metrics.ledger().accepted).to.equal(5);
      await metrics.flush();
      const [deploy, , sale, load, flag] = store.reports;
      expect(deploy).to.include({ metric: 'event', value: 'version 3 is out' });
      expect(sale).to.deep.include({
        id: 'one',
        metric: 'order',
        fields: { field_id: 7, total: 5, when: new Date(0) },
        tags: ['paid'],
      });
      expect([load!.value, flag!.value]).to.deep.equal([[1, null], null]);
    });

    it('takes what an object holds at the call', async () => {
      const value = { items: ['a'] };
      metrics.custom('sale', { metric: 'order', value });
      value.items.push('b');
      await metrics.flush();
      expect(store.of('sale')).to.deep.equal([{ items: ['a'] }]);
    });

    it('keeps a tag called __proto__ under the name that numbers have it under', async () => {
      const tags = JSON.parse('{"__proto__":"p","a":1}') as Record<string, string>;
      metrics.event('e', 'x', tags);
      metrics.custom('c', { metric: 'm', value: 1, tags });
      metrics.increment('n', tags);
      await metrics.flush();
      expect(store.reports.map((report) => report.tags)).to.deep.equal(
        Array(3).fill({ field___proto__: 'p', a: 1 }),
      );
    });

    it('caps the text of an event in bytes', async () => {
      metrics.event('long', 'é'.repeat(40_000));
      await metrics.flush();
      expect(store.of('long')).to.deep.equal(['é'.repeat(32_768)]);
    });
  });

  describe('refusing', () => {
    const wrongTags: unknown[] = [
      null,
      5,
      'x',
      Symbol('x'),
      new Map(),
      { a: Number.NaN },
      { a: {} },
      [1],
      { '': 1 },
    ];
    const wrongNames: unknown[] = [
      undefined,
      null,
      '',
      5,
      {},
      Symbol('x'),
      'a\nb',
      'x'.repeat(256),
      '\ud800',
      1n,
    ];
    const wrongNumbers: unknown[] = [
      Number.NaN,
      Number.POSITIVE_INFINITY,
      2n ** 60n,
      '1',
      null,
      {},
      Symbol('x'),
      [],
      true,
    ];

    for (const mode of ['aggregate', 'individual'] as const) {
      it(`counts every bad call once, under one reason (${mode})`, async () => {
        metrics = new Metrics({ backend: store, mode });
        const any = metrics as unknown as Record<string, (...given: unknown[]) => void>;
        for (const tags of wrongTags) {
          any.increment!('a', tags);
          any.decrement!('a', tags);
          any.gauge!('a', 1, tags);
          any.timing!('a', 1, tags);
          any.event!('a', 'text', tags);
          any.custom!('a', { metric: 'm', value: 1, tags });
        }
        for (const name of wrongNames) {
          any.increment!(name, null, 'x');
          any.decrement!(name);
          any.gauge!(name, 1);
          any.timing!(name, 1);
          any.event!(name, 'text');
          any.custom!(name, { metric: 'm', value: 1 });
        }
        for (const value of wrongNumbers) {
          any.increment!('a', {}, value);
          any.decrement!('a', {}, value);
          any.gauge!('a', value);
          any.timing!('a', value);
          if (typeof value !== 'string') any.event!('a', value);
        }
        any.timing!('a', -1);
        await metrics.flush();
        expect(metrics.ledger()).to.deep.include({
          accepted: 0,
          refused: {
            tag: wrongTags.length * 6,
            name: wrongNames.length * 6,
            value: wrongNumbers.length * 5,
          },
        });
      });
    }

    it('takes a name of 255 characters, also of such as count double', async () => {
      metrics.increment('x'.repeat(255));
      metrics.increment('😀'.repeat(255));
      metrics.increment('😀'.repeat(256));
      expect(metrics.ledger().refused).to.deep.equal({ name: 1 });
    });

    it('refuses customs that no store can hold, and wrong ids and types', () => {
      const cyclic: Record<string, unknown> = {};
      cyclic.self = cyclic;
      for (const value of [
        undefined,
        Number.NaN,
        { a: [Number.NaN] },
        cyclic,
        () => 1,
        Symbol('x'),
        new Date(Number.NaN),
      ]) {
        metrics.custom('a', { metric: 'm', value });
      }
      for (const options of [undefined, null, 5])
        metrics.custom('a', options as unknown as CustomOptions);
      for (const metric of ['', 5, undefined])
        metrics.custom('a', { metric, value: 1 } as CustomOptions);
      for (const id of ['', 5, null, 'x'.repeat(128)])
        metrics.custom('a', { metric: 'm', value: 1, id } as CustomOptions);
      expect(metrics.ledger()).to.deep.include({
        accepted: 0,
        refused: { value: 9, metric: 4, id: 4 },
      });
    });

    it('records under no name for a timer without one', () => {
      metrics.timed()(
        (
          () => () =>
            1
        )(),
      )();
      metrics.timed('')(() => 1)();
      using _ = metrics.timed();
      _[Symbol.dispose]();
      expect(metrics.ledger().refused).to.deep.equal({ name: 3 });
    });

    it('survives proxies and getters that throw', async () => {
      const throwing = new Proxy({}, {
        get: () => { throw new Error('get'); },
        has: () => { throw new Error('has'); },
        ownKeys: () => { throw new Error('ownKeys'); },
        getPrototypeOf: () => { throw new Error('getPrototypeOf'); },
      }) as Tags; // biome-ignore format: one trap a line
      const getter = { get a(): string { throw new Error('getter'); } }; // biome-ignore format: short
      for (const tags of [throwing, getter]) {
        metrics.increment('a', tags);
        metrics.gauge('a', 1, tags);
        metrics.timing('a', 1, tags);
        metrics.event('a', 'text', tags);
        metrics.custom('a', { metric: 'm', value: 1, tags });
        metrics.custom('a', { metric: 'm', value: tags });
        metrics.custom('a', tags as unknown as CustomOptions);
        metrics.remove('a', tags);
        metrics.timed('a', { tags })(() => 1)();
        metrics.timed('a', tags as object)(() => 1)();
      }
      const { refused } = metrics.ledger();
      expect(refused).to.include({ tag: 13 });
      expect(await metrics.flush(throwing as object)).to.equal(undefined);
    });

    it('says each reason once', async () => {
      const said = await diagDuring(() => {
        for (let i = 0; i < 3; i++) metrics.increment('secret\n', {});
        metrics.gauge('size', Number.NaN);
      });
      expect(said).to.have.length(2);
      expect(said[0]).to.include('increment("secret\\n") refused (name)');
    });

    it('never throws, whatever it is called with', () => {
      const methods = [
        'increment',
        'decrement',
        'gauge',
        'timing',
        'event',
        'custom',
        'timed',
        'remove',
      ] as const;
      const any = metrics as unknown as Record<string, (...given: unknown[]) => void>;
      const argument = fc.anything({
        withBigInt: true,
        withDate: true,
        withMap: true,
        withNullPrototype: true,
        withSet: true,
        withTypedArray: true,
      });
      fc.assert(
        fc.property(
          fc.constantFrom(...methods),
          fc.array(argument, { maxLength: 4 }),
          (method, given) => {
            any[method]!(...given);
          },
        ),
      );
    });
  });

  it('works with methods taken off the object', async () => {
    const { increment, event, flush, ledger } = metrics;
    increment('views');
    event('deploy', 'now');
    await flush();
    expect(ledger()).to.include({ accepted: 2, stored: 2 });
  });

  it('adds up to what was recorded, however calls and flushes are mixed', async () => {
    const call = fc.record({
      by: fc.integer({ min: -5, max: 5 }),
      page: fc.constantFrom('/', '/a', '/b'),
      flush: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(call, { maxLength: 20 }), async (calls) => {
        const own = new MemoryStore();
        await using recorded = new Metrics({ backend: own });
        const wanted = new Map<string, number>();
        for (const { by, page, flush } of calls) {
          recorded.increment('views', { page }, by);
          wanted.set(page, (wanted.get(page) ?? 0) + by);
          if (flush) await recorded.flush();
        }
        await recorded.close();
        const stored = new Map<string, number>();
        for (const { value, tags } of own.reports) {
          const { page } = tags as { page: string };
          stored.set(page, (stored.get(page) ?? 0) + (value as number));
        }
        for (const [page, sum] of wanted) expect(stored.get(page) ?? 0).to.equal(sum);
      }),
      { numRuns: 30 },
    );
  });
});
