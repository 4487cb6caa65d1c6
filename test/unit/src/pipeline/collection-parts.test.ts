import type { ResourceMetrics } from '@opentelemetry/sdk-metrics';
import { expect } from 'chai';
import fc from 'fast-check';
import { CellCollector } from '../../../../bridges/cell-collector.js';
import { HeapCells } from '../../../../bridges/cells/heap-cells.js';
import type { Outcome } from '../../../../exporters/delivery/store.js';
import { type ExporterOptions, ReportExporter } from '../../../../exporters/report-exporter.js';
import type { Report } from '../../../../exporters/reports/report.js';
import { settlesWithin } from '../../../../exporters/timing/with-timeout.js';
import { Metrics } from '../../../../src/index.js';
import { IntervalCollection } from '../../../../src/pipeline/interval-collection.js';
import type { Pace } from '../../../../src/pipeline/pace.js';
import { ownResource } from '../../../../src/pipeline/resource.js';
import { until } from '../../../support/until.js';
import { diagDuring, MemoryStore } from '../metrics/support.js';

const SERIES = 9_000;
const NAME = 'requests';

function record(metrics: Metrics, by = 1): void {
  for (let i = 0; i < SERIES; i++)
    metrics.increment(NAME, { route: i % 90, user: Math.floor(i / 90) }, by);
}

/** The sum of all values. */
const total = (reports: readonly Report[]): number =>
  reports.reduce((sum, { value }) => sum + (value as number), 0);

/** A store that takes some milliseconds for each write. */
class SlowStore extends ReportExporter {
  readonly reports: Report[] = [];
  onWrite: (() => void) | undefined;
  readonly #ms: number;

  constructor(ms: number, options?: ExporterOptions) {
    super(options);
    this.#ms = ms;
  }

  protected async write(reports: readonly Report[]): Promise<readonly Outcome[]> {
    this.onWrite?.();
    await new Promise((resolve) => setTimeout(resolve, this.#ms));
    this.reports.push(...reports);
    return reports.map(() => 'stored');
  }
}

describe('A collection that is handed over in parts', () => {
  it('has one interval, and each report one id that it has in every store', async () => {
    const [fast, slow] = [new MemoryStore(), new SlowStore(2)];
    const metrics = new Metrics({ backend: [fast, slow] });
    for (let round = 0; round < 2; round++) {
      record(metrics);
      metrics.timing('load', 7, { page: 'a' });
      metrics.gauge('size', 1);
      await metrics.flush();
    }
    for (const { reports } of [fast, slow]) {
      expect(reports).to.have.length(2 * (SERIES + 2));
      expect(new Set(reports.map(({ id }) => id)).size).to.equal(reports.length);
      expect(new Set(reports.map(({ timestamp }) => timestamp.getTime())).size).to.equal(2);
    }
    const seriesOf = ({ id, name, tags }: Report) => `${id} ${name} ${JSON.stringify(tags)}`;
    expect(slow.reports.map(seriesOf).sort()).to.deep.equal(fast.reports.map(seriesOf).sort());
    // The second interval begins where the first one ended.
    const second = fast.reports.slice(SERIES + 2).filter(({ name }) => name === NAME);
    const [{ timestamp: end }] = fast.reports as [Report];
    expect(new Set(second.map(({ startTimestamp }) => startTimestamp!.getTime()))).to.deep.equal(
      new Set([end.getTime()]),
    );
    await metrics.close();
  });

  it('arrives whole where another store is down, and where another exporter is shut down', async () => {
    const [store, down, ended] = [new MemoryStore(), new MemoryStore(), new MemoryStore()];
    down.down = true;
    const metrics = new Metrics({ backend: [down, ended, store] });
    await ended.shutdown();
    record(metrics);
    await diagDuring(async () => {
      const flushed = metrics.flush();
      await until(() => down.ledger().accepted === SERIES && store.reports.length === SERIES);
      expect(down.ledger().pending).to.equal(SERIES);
      down.down = false;
      await flushed;
      await metrics.close();
    });
    expect(total(store.reports)).to.equal(SERIES);
    expect(ended.ledger()).to.deep.include({ accepted: SERIES, dropped: { closed: SERIES } });
    expect(total(down.reports)).to.equal(SERIES);
  });

  it('is whole in the store when it is closed in the middle', async () => {
    const store = new SlowStore(1, { batchSize: 500 });
    const metrics = new Metrics({ backend: store, exportInterval: 20 });
    const begun = new Promise<void>((resolve) => {
      store.onWrite = resolve;
    });
    record(metrics);
    await begun;
    expect(store.ledger().accepted).to.be.below(SERIES);
    record(metrics, 2);
    await metrics.close();
    expect(total(store.reports)).to.equal(3 * SERIES);
    expect(metrics.ledger()).to.include({ accepted: store.reports.length, pending: 0 });
  });

  it('ends with the deadline where the store does not answer, all of it counted', async () => {
    const store = new MemoryStore({ outbox: { maxBytes: 2 ** 21 } });
    store.silent = true;
    const metrics = new Metrics({ backend: store, onProblem: () => undefined });
    record(metrics);
    await metrics.close({ timeout: 1_000 });
    const { accepted, dropped } = metrics.ledger();
    expect(accepted).to.equal(SERIES);
    expect(Object.values(dropped).reduce((sum, count) => sum + count)).to.equal(SERIES);
  });

  it('leaves the rest in the cells where no exporter takes a part in time', async () => {
    const cells = new HeapCells();
    const sums = cells.family('sum', NAME);
    for (let i = 0; i < SERIES; i++) sums.add({ route: i % 90, user: Math.floor(i / 90) }, 1);
    const given: ResourceMetrics[] = [];
    let takes = false;
    const exporter = {
      export(data: ResourceMetrics, done: (result: { code: number }) => void) {
        given.push(data);
        if (takes) done({ code: 0 });
      },
    } as unknown as ReportExporter;
    const pace = {
      begin: () => undefined,
      ease: async () => undefined,
      isLate: false,
      hasEnded: (work: Promise<unknown>) => settlesWithin(0, work),
    } as Partial<Pace> as Pace;
    const collection = new IntervalCollection({
      exporters: [exporter],
      collector: new CellCollector(cells, 'delta'),
      resource: ownResource(),
      pace,
      intervalMs: 3_600_000,
    });
    const values = () =>
      given.flatMap(({ scopeMetrics }) =>
        scopeMetrics.flatMap(({ metrics }) =>
          metrics.flatMap(({ dataPoints }) => dataPoints.map(({ value }) => value)),
        ),
      );
    expect(await diagDuring(() => collection.forceFlush())).to.have.length(1);
    expect(values().length).to.be.above(0).and.below(SERIES);
    takes = true;
    await collection.shutdown();
    expect(values()).to.deep.equal(new Array(SERIES).fill(1));
  });

  it('has everything once that is recorded while it goes on', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.nat(SERIES + 500), { maxLength: 50 }), { maxLength: 20 }),
        async (bursts) => {
          const store = new SlowStore(0, { batchSize: 700 });
          const metrics = new Metrics({ backend: store });
          record(metrics);
          const expected = new Map<number, number>();
          const flushed = metrics.flush();
          for (const burst of bursts) {
            await new Promise((resolve) => setImmediate(resolve));
            for (const i of burst) {
              metrics.increment(NAME, { route: i % 90, user: Math.floor(i / 90) });
              metrics.timing('load', 1, { i: i % 900 });
              expected.set(i, (expected.get(i) ?? 0) + 1);
            }
          }
          await flushed;
          await metrics.close();
          const found = new Map<number, number>();
          let loads = 0;
          for (const { name, tags, value, fields } of store.reports) {
            if (name !== NAME) loads += fields?.count as number;
            else {
              const { route, user } = tags as Record<string, number>;
              const i = user! * 90 + route!;
              found.set(i, (found.get(i) ?? (i < SERIES ? -1 : 0)) + (value as number));
            }
          }
          for (const [i, count] of found) if (count === 0) found.delete(i);
          expect(new Map([...found].sort())).to.deep.equal(new Map([...expected].sort()));
          expect(loads).to.equal(bursts.flat().length);
        },
      ),
      { numRuns: 8 },
    );
  });
});
