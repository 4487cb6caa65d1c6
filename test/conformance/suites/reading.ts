import { expect } from 'chai';
import { HistogramCell } from '../../../bridges/cells/series/exponential-histogram.js';
import { INTERNALS } from '../../../exporters/delivery/internals.js';
import { queryOf, type ReadOptions } from '../../../exporters/reading/query.js';
import type { ReportExporter } from '../../../exporters/report-exporter.js';
import { distributionOf } from '../../../exporters/reports/distribution.js';
import { newId } from '../../../exporters/reports/ids.js';
import type { Report } from '../../../exporters/reports/report.js';
import { readReports } from '../../../src/reading/read-reports.js';
import { summarize } from '../../../src/reading/summarize.js';

/** A store whose reports can be read back. */
export interface ReadingHarness {
  start(context: Mocha.Context): Promise<unknown>;
  stop(): Promise<unknown> | undefined;
  /** An exporter of the store; `place` names an index, a collection or a database of its own. */
  make(place: string): ReportExporter;
  /** What the store does not give back as it was: tags that are texts, no interval's start. */
  lost?: (report: Report) => Report;
  /** False where the store gives reports an id of its own. */
  hasIds?: boolean;
  /** How it says that there is nothing by the name. */
  missing: RegExp;
  /** Makes what must be there before the first write. */
  prepare?(place: string): Promise<unknown>;
  /** Makes what was just written visible. */
  settle?(place: string): Promise<unknown>;
  /** Defines tests of this store alone, on the same server. */
  own?(): void;
}

const START = Date.parse('2026-03-01T10:00:00Z');
/** More than a page of any store. */
const MANY = 12_000;

/** A report of a second after the start. */
export function reportAt(second: number, more: Partial<Report> = {}): Report {
  const timestamp = new Date(START + Math.round(second * 1_000));
  return {
    id: newId(timestamp.getTime()),
    name: 'shop.requests',
    metric: 'counter',
    value: 1,
    timestamp,
    host: 'h',
    ...more,
  };
}

/** A timing of these values, as an interval's report. */
export function timingOf(values: readonly number[], second: number, more: Partial<Report> = {}) {
  const cell = new HistogramCell();
  for (const value of values) cell.record(value);
  const { count, sum, min, max } = cell;
  const mean = sum / count;
  return reportAt(second, {
    name: 'shop.duration',
    metric: 'timing',
    value: mean,
    fields: { count, sum, min, max, mean },
    distribution: distributionOf(cell.toPoint())!,
    unit: 's',
    ...more,
  });
}

export async function allOf(exporter: ReportExporter, options?: ReadOptions): Promise<Report[]> {
  const found: Report[] = [];
  for await (const report of readReports(exporter, options)) found.push(report);
  return found;
}

const byTime = (a: Report, b: Report): number => a.timestamp.getTime() - b.timestamp.getTime();
const seconds = (reports: readonly Report[]): number[] =>
  reports.map(({ timestamp }) => (timestamp.getTime() - START) / 1_000);

/** The reader of a store gives back what its exporter has written. */
export function describeReading(name: string, harness: ReadingHarness): void {
  describe(`readReports of ${name}`, function () {
    this.timeout(180_000);
    const made: ReportExporter[] = [];
    const make = (place: string): ReportExporter => {
      const exporter = harness.make(place);
      made.push(exporter);
      return exporter;
    };
    before(async function () {
      await harness.start(this);
    });
    afterEach(async () => {
      for (const exporter of made.splice(0)) await exporter.shutdown({ timeout: 2_000 });
    });
    after(() => harness.stop());

    async function stored(place: string, reports: readonly Report[]): Promise<ReportExporter> {
      await harness.prepare?.(place);
      const exporter = make(place);
      const outcomes = await exporter[INTERNALS].deliver(reports);
      expect(outcomes.filter((outcome) => outcome !== 'stored')).to.deep.equal([]);
      await harness.settle?.(place);
      return exporter;
    }

    const kinds = (): Report[] => [
      reportAt(4, { tags: { route: '/a', 'http.method': 'GET', good: 'yes' }, value: 3 }),
      reportAt(1, { name: 'shop.active', metric: 'gauge', value: 1.5, tags: ['x', 'y'] }),
      timingOf([0.1, 0.2, 0.7], 3, { tags: { route: '/b "quoted" ü' } }),
      reportAt(2, { name: 'shop.failed', metric: 'event', value: 'a text, "quoted"\nand ünï' }),
      reportAt(5, {
        name: 'shop.order',
        metric: 'order',
        value: undefined as never,
        fields: { price: 7, paid: true },
      }),
    ];

    it('gives back every kind of report, oldest first', async () => {
      const sent = kinds();
      const exporter = await stored('kinds', sent);
      const found = await allOf(exporter);
      const { lost = (report) => report } = harness;
      const wanted = sent.sort(byTime).map((report) => lost(report));
      const plain = (reports: readonly Report[]) =>
        JSON.parse(
          JSON.stringify(
            harness.hasIds === false ? reports.map((report) => ({ ...report, id: '' })) : reports,
          ),
        );
      expect(plain(found)).to.deep.equal(plain(wanted));
    });

    it('leaves out what was not asked for', async () => {
      const exporter = await stored('kinds', []);
      const ask = async (options: ReadOptions) => seconds(await allOf(exporter, options));
      expect(await ask({ names: ['shop.active', 'shop.order'] })).to.deep.equal([1, 5]);
      expect(await ask({ metrics: ['event'] })).to.deep.equal([2]);
      expect(await ask({ tags: { 'http.method': 'GET' } })).to.deep.equal([4]);
      expect(await ask({ tags: ['y'] })).to.deep.equal([1]);
      const range = { since: new Date(START + 2_000), until: START + 4_000 };
      expect(await ask(range)).to.deep.equal([2, 3]);
      expect(await ask({ names: ["no'ne\\"] })).to.deep.equal([]);
    });

    it('reads more than it keeps in memory, from several processes, and merges it rightly', async () => {
      const values: number[] = [];
      const reports = Array.from({ length: MANY }, (_, i) => {
        if (i % 100 !== 0) return reportAt(i / 100, { tags: { worker: i % 4 } });
        const some = Array.from({ length: 40 }, () => Math.exp(-4 + 6 * Math.random()));
        values.push(...some);
        return timingOf(some, i / 100, { host: `h${i % 3}` });
      });
      const exporter = await stored('many', reports.reverse());
      let last = Number.NEGATIVE_INFINITY;
      let count = 0;
      for await (const { timestamp } of readReports(exporter)) {
        expect(timestamp.getTime()).to.be.at.least(last);
        last = timestamp.getTime();
        count += 1;
      }
      expect(count).to.equal(MANY);
      const rows = await summarize(readReports(exporter));
      const timing = rows.find(({ metric }) => metric === 'timing')!;
      expect(timing.count).to.equal(values.length);
      values.sort((a, b) => a - b);
      for (const p of [0.5, 0.95, 0.99]) {
        const wanted = values[Math.ceil(p * values.length) - 1]!;
        expect(timing.percentiles![p], `p${p * 100}`).to.be.closeTo(wanted, wanted * 0.02);
      }
      const counters = rows.filter(({ metric }) => metric === 'counter');
      expect(counters.map(({ sum }) => sum)).to.deep.equal([MANY - MANY / 100]);
    });

    it('gives back the explicit buckets of a histogram, so that those of several add up', async () => {
      const bounds = [0.005, 0.01, 0.05, 0.1, 0.5, 1, 5];
      const sent = Array.from({ length: 24 }, (_, i) => {
        const counts = [...bounds, 0].map((_bound, at) => (at % 8 === i % 8 ? 1 + i : 0));
        const mean = ((bounds[(i % 8) - 1] ?? 0) + (bounds[i % 8] ?? 9)) / 2;
        const [min, max, count] = [mean, mean, 1 + i];
        const fields = { count, sum: mean * count, min, max, mean };
        const distribution = { bounds, counts };
        return reportAt(i, { name: 'old', metric: 'histogram', value: mean, fields, distribution });
      });
      const found = await allOf(await stored('explicit', sent));
      expect(found.map(({ distribution }) => distribution)).to.deep.equal(
        sent.map(({ distribution }) => distribution),
      );
      const of = (reports: readonly Report[]) => summarize(reports)[0]!.percentiles;
      expect(of(found)).to.deep.equal(of(sent));
    });

    it('gives each report once for a summary, in any order', async () => {
      const exporter = await stored('many', []);
      const query = { ...queryOf({}), isForSummary: true };
      const found: Report[] = [];
      for await (const page of exporter[INTERNALS].readStored(query)) found.push(...page);
      const all = await allOf(exporter);
      expect(seconds(found.sort(byTime))).to.deep.equal(seconds(all));
      const countOf = (reports: readonly Report[]) =>
        summarize(reports).map(({ metric, count, percentiles }) => [metric, count, percentiles]);
      expect(countOf(found)).to.deep.equal(countOf(all));
    });

    it('ends when its signal does, and when the loop is left', async () => {
      const exporter = await stored('many', []);
      const controller = new AbortController();
      const reading = readReports(exporter, { signal: controller.signal });
      await reading.next();
      controller.abort(new Error('enough'));
      const failure = await (async () => {
        for await (const _ of reading);
      })().catch((error: Error) => error);
      expect(failure).to.have.property('message', 'enough');
      for await (const _ of readReports(exporter)) break;
    });

    it('says what to do where there is nothing by the name', async () => {
      const error = await allOf(make('nothing-here')).catch((failure: Error) => failure);
      expect(error).to.have.property('code', 'KANEDA_IMPROPERLY_CONFIGURED');
      expect((error as Error).message).to.match(harness.missing);
    });

    harness.own?.();
  });
}
