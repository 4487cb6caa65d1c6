import { createAllowListAttributesProcessor } from '@opentelemetry/sdk-metrics';
import { expect } from 'chai';
import { HeapCells } from '../../../bridges/cells/heap-cells.js';
import { CounterCell } from '../../../bridges/cells/single/counter-cell.js';
import { IntegerCell } from '../../../bridges/cells/single/integer-cell.js';
import { observeCells } from '../../../bridges/observe-cells.js';
import { Metrics } from '../../../src/index.js';
import { captureDiag, releaseDiag } from '../../support/captured-diag.js';
import { ForeignProvider, type ReaderSetUp } from '../../support/foreign-provider.js';

const TEMPORALITIES = ['delta', 'cumulative'] as const;

/** What a reader has seen in all: the sum of what a delta reader collects, the last of a cumulative one's. */
class Seen {
  readonly #setUp: ReaderSetUp;
  total = 0;

  constructor(setUp: ReaderSetUp) {
    this.#setUp = setUp;
  }

  take(sum: number): void {
    this.total = this.#setUp.temporality === 'delta' ? this.total + sum : sum;
  }
}

describe("sums past an OpenTelemetry provider's limits", () => {
  afterEach(releaseDiag);
  for (const temporality of TEMPORALITIES) {
    for (const limit of [undefined, 500, 2]) {
      it(`are complete in a ${temporality} reader with ${limit === undefined ? "OpenTelemetry's own limit" : `a limit of ${limit}`}`, async () => {
        const reader: ReaderSetUp = { temporality, ...(limit !== undefined && { limit }) };
        const foreign = new ForeignProvider([reader]);
        const metrics = new Metrics({ meterProvider: foreign.provider, tagLimit: 10_000 });
        const seen = new Seen(reader);
        for (let i = 0; i < 5000; i++) {
          metrics.increment('hits', { user: i });
          if (i % 1500 === 0) seen.take(await foreign.sum('hits'));
        }
        for (let i = 0; i < 5000; i += 2) metrics.decrement('hits', { user: i });

        seen.take(await foreign.sum('hits'));

        expect(seen.total).to.equal(2500);
        await metrics.close();
      });
    }
  }

  it('are complete under a View with a limit, and under one that drops attributes', async () => {
    const views = [
      { instrumentName: 'limited', aggregationCardinalityLimit: 10 },
      {
        instrumentName: 'narrowed',
        attributesProcessors: [createAllowListAttributesProcessor(['page'])],
      },
    ];
    const foreign = new ForeignProvider([{ temporality: 'cumulative' }], views);
    const metrics = new Metrics({ meterProvider: foreign.provider });
    for (let i = 0; i < 100; i++)
      for (const name of ['limited', 'narrowed']) metrics.increment(name, { user: i, page: '/' });

    expect(await foreign.sum('limited')).to.equal(100);
    const narrowed = await foreign.points('narrowed');
    expect(narrowed.map(({ attributes, value }) => [attributes, value])).to.deep.equal([
      [{ page: '/' }, 100],
    ]);
    await metrics.close();
  });

  it('are complete in each of several readers that collect at once, each with its own limit', async () => {
    const setUps: ReaderSetUp[] = [
      { temporality: 'delta', limit: 50 },
      { temporality: 'cumulative', limit: 3000 },
      { temporality: 'delta' },
    ];
    const foreign = new ForeignProvider(setUps);
    const metrics = new Metrics({ meterProvider: foreign.provider, tagLimit: 20_000 });
    const seen = setUps.map((setUp) => new Seen(setUp));
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 20_000; i++) metrics.increment('hits', { user: i });
      const sums = await Promise.all(setUps.map((_, reader) => foreign.sum('hits', reader)));
      for (const [reader, sum] of sums.entries()) seen[reader]!.take(sum);
    }
    for (const [reader] of setUps.entries()) seen[reader]!.take(await foreign.sum('hits', reader));

    expect(seen.map(({ total }) => total)).to.deep.equal([60_000, 60_000, 60_000]);
    await metrics.close();
  });

  it('are complete for what was recorded before there was a provider', async () => {
    const cells = new HeapCells();
    const foreign = new ForeignProvider([{ temporality: 'cumulative', limit: 500 }]);
    const early = new Metrics({ cells });
    for (let i = 0; i < 900; i++) early.increment('early', { user: i });
    const { stop } = observeCells(cells, foreign.provider.getMeter('app'));

    expect(await foreign.sum('early')).to.equal(900);
    stop();
    await early.close({ timeout: 0 });
  });

  for (const temporality of TEMPORALITIES) {
    it(`are complete for Cantal's counters and integers, and timings, in a ${temporality} reader`, async () => {
      const cells = new HeapCells();
      const foreign = new ForeignProvider([{ temporality, limit: 100 }]);
      observeCells(cells, foreign.provider.getMeter('app'));
      for (let i = 0; i < 1000; i++) {
        const counter = new CounterCell({ group: 'loop', metric: 'ticks', n: String(i) });
        const integer = new IntegerCell({ group: 'disk', metric: 'free', n: String(i) });
        for (const cell of [counter, integer]) cells.add(cell);
        counter.incr(2);
        integer.set(-3);
        cells.family('histogram', 'time').record({ n: i }, 1);
      }

      const { ticks, free, times } = await foreign.all({
        ticks: 'loop.ticks',
        free: 'disk.free',
        times: 'time',
      });
      const count = ({ value }: { value: unknown }): number =>
        typeof value === 'number' ? value : (value as { count: number }).count;
      const sum = (points: { value: unknown }[]) =>
        points.reduce((all, one) => all + count(one), 0);
      expect([sum(ticks), sum(free), sum(times)]).to.deep.equal([2000, -3000, 1000]);
      expect(times).to.have.length(100);
    });
  }

  it('are reported once, with the number of series and a remedy', async () => {
    const texts = captureDiag();
    const foreign = new ForeignProvider([{ temporality: 'delta' }]);
    const metrics = new Metrics({ meterProvider: foreign.provider, tagLimit: 10_000 });
    for (let i = 0; i < 2500; i++) metrics.increment('hits', { user: i });
    for (let i = 0; i < 2500; i++) metrics.timing('load', 1, { user: i });
    for (let i = 0; i < 3; i++) await foreign.sum('hits');

    const about = texts().filter((text) => text.includes('2500 series'));
    expect(about).to.have.length(1);
    expect(about[0]).to.include('cardinalityLimits');
    await metrics.close();
  });
});

describe('series that leave and come again on an OpenTelemetry provider', () => {
  for (const temporality of TEMPORALITIES) {
    for (const how of ['forgetAfter', 'remove'] as const) {
      it(`never go backwards in a ${temporality} reader, after ${how}`, async () => {
        const foreign = new ForeignProvider([{ temporality }]);
        const metrics = new Metrics({
          meterProvider: foreign.provider,
          ...(how === 'forgetAfter' && { forgetAfter: 5 }),
        });
        const shown: number[] = [];
        const idle = () => new Promise((resolve) => setTimeout(resolve, 20));
        for (const by of [10, 3, 4]) {
          metrics.increment('c', { n: 'a' }, by);
          shown.push(await foreign.sum('c'));
          if (how === 'remove') metrics.remove('c', { n: 'a' });
          for (let i = 0; i < 5; i++) {
            await idle();
            shown.push(await foreign.sum('c'));
          }
        }

        const total =
          temporality === 'delta' ? shown.reduce((sum, one) => sum + one) : shown.at(-1)!;
        expect(total).to.equal(17);
        if (temporality === 'delta') expect(Math.min(...shown)).to.be.at.least(0);
        else expect(shown).to.deep.equal([...shown].sort((a, b) => a - b));
        await metrics.close();
      });
    }
  }

  it('add up with what another series in the same place counts', async () => {
    const foreign = new ForeignProvider([{ temporality: 'delta' }]);
    const metrics = new Metrics({ meterProvider: foreign.provider });
    metrics.increment('c', { n: 'a' }, 10);
    let sum = await foreign.sum('c');
    metrics.remove('c', { n: 'a' });
    for (let i = 0; i < 3; i++) sum += await foreign.sum('c');
    metrics.increment('c', { n: 'b' }, 10);

    expect(sum + (await foreign.sum('c'))).to.equal(20);
    await metrics.close();
  });
});

describe('a store that is shown on one meter twice', () => {
  it('is added once, at the same time and one after the other', async () => {
    const cells = new HeapCells();
    const foreign = new ForeignProvider([{ temporality: 'cumulative' }]);
    const meter = foreign.provider.getMeter('app');
    const counter = new CounterCell({ metric: 'ticks' });
    cells.add(counter);
    const stops = [observeCells(cells, meter), observeCells(cells, meter)];
    cells.family('sum', 'hits').add({ a: 1 }, 5);
    counter.incr(7);
    expect([await foreign.sum('hits'), await foreign.sum('ticks')]).to.deep.equal([5, 7]);
    for (const { stop } of stops) stop();
    cells.family('sum', 'hits').add({ a: 1 }, 1);
    observeCells(cells, meter);

    expect([await foreign.sum('hits'), await foreign.sum('ticks')]).to.deep.equal([6, 7]);
  });

  it('adds up with another store that has an instrument of the same name', async () => {
    const foreign = new ForeignProvider([{ temporality: 'cumulative' }]);
    const both = [1, 2].map(() => new Metrics({ meterProvider: foreign.provider }));
    for (const metrics of both) metrics.increment('hits', { page: '/' }, 3);

    expect(await foreign.sum('hits')).to.equal(6);
    for (const metrics of both) await metrics.close();
  });
});
