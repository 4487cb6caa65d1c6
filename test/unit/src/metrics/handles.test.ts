import { join } from 'node:path';
import { metrics as globalMetrics } from '@opentelemetry/api';
import { expect } from 'chai';
import fc from 'fast-check';
import { HeapBacking } from '../../../../bridges/cells/backing.js';
import { HeapCells } from '../../../../bridges/cells/heap-cells.js';
import { MappedCells } from '../../../../bridges/cells/mapped/mapped-cells.js';
import { readProcess } from '../../../../bridges/observe-processes.js';
import { Metrics, type MetricsOptions, type Tags } from '../../../../src/index.js';
import { ForeignProvider } from '../../../support/foreign-provider.js';
import { directory } from '../../../support/places.js';
import { until } from '../../../support/until.js';
import { diagDuring, eachWithStore, MemoryStore } from './support.js';

const TAGS: readonly (Tags | undefined)[] = [
  undefined,
  { page: '/' },
  { page: '/', user: 1 },
  ['b', 'a'],
  { user: 2 },
  { user: 3 },
  { user: {} } as unknown as Tags,
];
const VALUES: readonly unknown[] = [
  1,
  0,
  -0,
  -1,
  0.5,
  7,
  2 ** 30,
  2 ** 40,
  1e308,
  3n,
  2n ** 60n,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  '5',
  null,
  undefined,
];

type Step =
  | { do: 'add' | 'set' | 'record'; tags: number; value: unknown }
  | { do: 'remove'; tags: number }
  | { do: 'flush' };

const steps = fc.array(
  fc.oneof(
    {
      weight: 12,
      arbitrary: fc.record({
        do: fc.constantFrom('add' as const, 'set' as const, 'record' as const),
        tags: fc.nat(TAGS.length - 1),
        value: fc.constantFrom(...VALUES),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constant('remove' as const),
        tags: fc.nat(TAGS.length - 1),
      }),
    },
    { weight: 2, arbitrary: fc.constant({ do: 'flush' as const }) },
  ),
  { maxLength: 40 },
);

/** Everything that a Metrics stores and counts when it takes these steps by its calls, or by its handles. */
async function outcome(
  taken: readonly Step[],
  way: 'calls' | 'handles',
  options: MetricsOptions,
): Promise<unknown> {
  const store = new MemoryStore();
  const metrics = new Metrics({ backend: store, ...options, onProblem: () => undefined });
  const counters = TAGS.map((tags) => metrics.counter('x', tags));
  const levels = TAGS.map((tags) => metrics.level('x', tags));
  const timers = TAGS.map((tags) => metrics.timer('x', tags));
  for (const step of taken) {
    if (step.do === 'flush') await metrics.flush();
    else if (step.do === 'remove') metrics.remove('x', TAGS[step.tags]);
    else {
      const value = step.value as number;
      if (step.do === 'add')
        if (way === 'handles') counters[step.tags]!.add(value);
        else metrics.increment('x', TAGS[step.tags], value);
      else if (step.do === 'set')
        if (way === 'handles') levels[step.tags]!.set(value);
        else metrics.gauge('x', value, TAGS[step.tags]);
      else if (way === 'handles') timers[step.tags]!.record(value);
      else metrics.timing('x', value, TAGS[step.tags]);
    }
  }
  await metrics.close();
  return { reports: store.reports.map(withoutIds), refused: metrics.ledger().refused };
}

const withoutIds = ({
  metric,
  value,
  fields,
  tags,
}: {
  metric: string;
  value?: unknown;
  fields?: unknown;
  tags?: unknown;
}) => ({ metric, value, fields, tags });

describe('Handles', () => {
  const place = directory();
  after(() => place.discard());

  for (const [kind, options] of [
    ['aggregated', {}],
    ['with two values of a tag at most', { tagLimit: 2 }],
    ['as a report a call', { mode: 'individual' }],
  ] as [string, MetricsOptions][]) {
    it(`store and refuse exactly what the calls do, ${kind}`, () =>
      fc.assert(
        fc.asyncProperty(steps, async (taken) => {
          expect(await outcome(taken, 'handles', options)).to.deep.equal(
            await outcome(taken, 'calls', options),
          );
        }),
        { numRuns: 60 },
      ));
  }

  it('store and refuse exactly what the calls do over mapped cells, where each number is read from outside at once', async () => {
    let made = 0;
    const mapped = (): MappedCells => MappedCells.create(join(place.path, `cells${made++}`));
    await fc.assert(
      fc.asyncProperty(steps, async (taken) => {
        const [mine, theirs] = [mapped(), mapped()];
        expect(await outcome(taken, 'handles', { cells: mine })).to.deep.equal(
          await outcome(taken, 'calls', { cells: theirs }),
        );
        mine.close();
        theirs.close();
      }),
      { numRuns: 15 },
    );
    const cells = mapped();
    const metrics = new Metrics({ backend: new MemoryStore(), cells });
    const views = metrics.counter('views');
    for (let i = 0; i < 5; i++) views.add(2);
    await until(() => readProcess(cells.path!).metrics.length > 0);
    const seen = readProcess(cells.path!).metrics;
    expect(seen.map(({ value }) => value)).to.deep.equal([10]);
    await metrics.close();
    cells.close();
  });

  it('go on when their cells move to other memory', async () => {
    const store = new MemoryStore();
    const cells = new HeapCells();
    const metrics = new Metrics({ backend: store, cells });
    const views = metrics.counter('views');
    for (let i = 0; i < 3; i++) views.add();
    cells.moveTo(new HeapBacking());
    for (let i = 0; i < 3; i++) views.add();
    await metrics.close();
    expect(store.of('views')).to.deep.equal([6]);
  });

  describe('of a Metrics with a store', () => {
    let store: MemoryStore;
    let metrics: Metrics;
    eachWithStore((made) => {
      ({ store, metrics } = made);
    });

    it('add up with the calls for the same series and with each other', async () => {
      const first = metrics.counter('views', { page: '/' });
      const second = metrics.counter('views', { page: '/' });
      for (let i = 0; i < 1000; i++) {
        first.add();
        second.add(2);
        metrics.increment('views', { page: '/' }, 4);
      }
      await metrics.flush();
      first.add(5);
      await metrics.flush();
      expect(store.of('views')).to.deep.equal([
        [7000, { page: '/' }],
        [5, { page: '/' }],
      ]);
    });

    it('work without their object', async () => {
      const { add } = metrics.counter('views');
      const { set } = metrics.level('size');
      const { record, time } = metrics.timer('load');
      add();
      add(2);
      set(5);
      record(0.25);
      expect(time(() => 'done')).to.equal('done');
      await metrics.flush();
      expect(store.of('views')).to.deep.equal([3]);
      expect(store.of('size')).to.deep.equal([5]);
      expect(store.of('load')[0]).to.include({ count: 2, max: 0.25 });
    });

    it('keep their tags, whatever becomes of the object', async () => {
      const tags = { page: '/' };
      const views = metrics.counter('views', tags);
      tags.page = '/other';
      views.add();
      views.add();
      await metrics.flush();
      expect(store.of('views')).to.deep.equal([[2, { page: '/' }]]);
    });

    it('are cheap to make: one that is used once is not kept', async () => {
      for (let i = 0; i < 5000; i++) metrics.counter('views').add();
      await metrics.flush();
      expect(store.of('views')).to.deep.equal([5000]);
    });

    it('add more than fits into a small integer', async () => {
      const views = metrics.counter('views');
      for (let i = 0; i < 5; i++) views.add(2 ** 30 - 1);
      await metrics.flush();
      expect(store.of('views')).to.deep.equal([5 * (2 ** 30 - 1)]);
    });

    it('are refused for bad names, tags and values as the calls are, each reason told once', async () => {
      const said = await diagDuring(() => {
        metrics.counter('').add();
        metrics.counter(5 as unknown as string).add();
        metrics.counter('views', new Map() as unknown as Tags).add();
        metrics.counter('views', hostile()).add();
        metrics.level('size').set('5' as unknown as number);
        metrics.timer('load').record(-1);
      });
      expect(metrics.ledger().refused).to.deep.equal({ name: 2, tag: 2, value: 2 });
      expect(said).to.have.length(3);
      expect(said[0]).to.include('counter("")');
      await metrics.flush();
      expect(store.reports).to.deep.equal([]);
    });

    it('are refused after close(), also in the same moment', async () => {
      const views = metrics.counter('views');
      views.add();
      views.add();
      const closed = metrics.close();
      await diagDuring(() => views.add());
      await closed;
      expect(store.of('views')).to.deep.equal([2]);
      expect(metrics.ledger().refused).to.deep.equal({ closed: 1 });
    });

    it('find their series again after it was removed and has gone', async () => {
      const views = metrics.counter('views', { page: '/' });
      const size = metrics.level('size', { page: '/' });
      const load = metrics.timer('load', { page: '/' });
      const record = (): void => {
        views.add();
        size.set(1);
        load.record(1);
      };
      record();
      for (const name of ['views', 'size', 'load']) metrics.remove(name, { page: '/' });
      await metrics.flush();
      await metrics.flush();
      // The places are free now: others take them.
      metrics.increment('views', { page: '/other' }, 100);
      metrics.gauge('size', 100, { page: '/other' });
      metrics.timing('load', 100, { page: '/other' });
      record();
      store.reports.length = 0;
      await metrics.flush();
      const own = store.reports.filter(({ tags }) => (tags as { page: string }).page === '/');
      expect(own.map(({ value, fields }) => value ?? fields?.sum)).to.deep.equal([1, 1, 1]);
    });

    it('keep a series that is removed, if they are called in between', async () => {
      const size = metrics.level('size');
      const views = metrics.counter('views');
      size.set(1);
      views.add();
      await metrics.flush();
      metrics.remove('size');
      metrics.remove('views');
      size.set(2);
      views.add(2);
      for (let i = 0; i < 3; i++) await metrics.flush();
      expect(store.of('size')).to.deep.equal([1, 2, 2, 2]);
      expect(store.of('views')).to.deep.equal([1, 2]);
    });
  });

  it('do not let a series be forgotten that they are called for', async () => {
    const store = new MemoryStore();
    const metrics = new Metrics({ backend: store, forgetAfter: 200 });
    const views = metrics.counter('views');
    const size = metrics.level('size');
    size.set(1);
    for (let i = 0; i < 8; i++) {
      for (let n = 0; n < 10; n++) views.add();
      await metrics.flush();
      await new Promise((resolve) => setTimeout(resolve, 60));
    }
    await metrics.flush();
    views.add();
    size.set(2);
    await metrics.close();
    expect(store.of('views')).to.deep.equal([...Array(8).fill(10), 1]);
    expect(store.of('size').at(-1)).to.equal(2);
  });

  it('measure functions in seconds: those that return, throw, resolve and reject', async () => {
    const store = new MemoryStore();
    const metrics = new Metrics({ backend: store });
    const load = metrics.timer('load');
    const failure = new Error('no');
    expect(load.time(() => 5)).to.equal(5);
    expect(() =>
      load.time(() => {
        throw failure;
      }),
    ).to.throw(failure);
    const pause = (): Promise<string> =>
      new Promise((resolve) => setTimeout(() => resolve('late'), 30));
    expect(await load.time(pause)).to.equal('late');
    const rejected = load.time(() => Promise.reject(failure));
    expect(await rejected.catch((error: unknown) => error)).to.equal(failure);
    expect(() => load.time(5 as unknown as () => void)).to.throw(TypeError, 'time()');
    await metrics.close();
    const [report] = store.reports;
    expect(report!.fields).to.include({ count: 4 });
    expect(report!.fields!.max).to.be.within(0.025, 20);
    expect(report!.unit).to.equal('s');
  });

  it('count what came before a provider did, and go on with it', async () => {
    const metrics = new Metrics();
    const views = metrics.counter('views');
    const load = metrics.timer('load');
    for (let i = 0; i < 50; i++) {
      views.add();
      load.record(1);
    }
    const foreign = new ForeignProvider([{ temporality: 'cumulative' }]);
    globalMetrics.setGlobalMeterProvider(foreign.provider);
    try {
      for (let i = 0; i < 50; i++) {
        views.add();
        load.record(1);
      }
      await metrics.flush();
      expect(await foreign.sum('views')).to.equal(100);
      views.add(5);
      const [point] = await foreign.points('load');
      expect(point!.value).to.include({ count: 100, sum: 100 });
      expect(await foreign.sum('views')).to.equal(105);
    } finally {
      globalMetrics.disable();
      await metrics.close();
    }
  });
});

/** Tags that throw when they are read. */
const hostile = (): Tags => ({
  get page(): string {
    throw new Error('not readable');
  },
});
