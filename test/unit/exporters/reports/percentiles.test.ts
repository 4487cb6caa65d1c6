import {
  AggregationTemporality,
  AggregationType,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { expect } from 'chai';
import fc from 'fast-check';
import { type Report, toReports } from '../../../../exporters/index.js';

const WANTED = { p50: 0.5, p90: 0.9, p95: 0.95, p99: 0.99 } as const;

/** What the SDK's own histogram makes of the values, as the one report of it. */
async function recorded(values: readonly number[], aggregation: object): Promise<Report> {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.DELTA);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const provider = new MeterProvider({
    readers: [reader],
    views: [{ instrumentName: '*', aggregation: aggregation as never }],
  });
  const histogram = provider.getMeter('test').createHistogram('h', { unit: 's' });
  for (const value of values) histogram.record(value);
  await provider.forceFlush();
  const [report] = toReports(exporter.getMetrics()[0]!);
  await provider.shutdown();
  return report!;
}

/** The smallest value that at least this share of all is not above. */
const exact = (sorted: readonly number[], share: number): number =>
  sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!;

describe('percentiles', () => {
  it('of exponential histograms are near the exact ones, and never outside min and max', async () => {
    const positive = fc.double({ min: 1e-6, max: 1e6, noNaN: true });
    await fc.assert(
      fc.asyncProperty(fc.array(positive, { minLength: 1, maxLength: 200 }), async (values) => {
        const { fields } = await recorded(values, { type: AggregationType.EXPONENTIAL_HISTOGRAM });
        const sorted = [...values].sort((a, b) => a - b);
        for (const [name, share] of Object.entries(WANTED)) {
          const estimate = fields![name] as number;
          expect(estimate).to.be.within(sorted[0]!, sorted.at(-1)!);
          // 160 buckets over twelve decades are at scale 1: a factor of the square root of 2 wide.
          expect(estimate / exact(sorted, share)).to.be.within(1 / 1.45, 1.45);
        }
        expect(fields).to.include({ count: values.length, min: sorted[0], max: sorted.at(-1) });
      }),
      { numRuns: 50 },
    );
  });

  it('of narrow distributions are within a few per cent', async () => {
    const values = Array.from({ length: 1_000 }, (_, i) => 100 + i / 10);
    const { fields } = await recorded(values, { type: AggregationType.EXPONENTIAL_HISTOGRAM });
    for (const [name, share] of Object.entries(WANTED)) {
      expect((fields![name] as number) / exact(values, share)).to.be.within(0.99, 1.01);
    }
  });

  it('of explicit buckets are interpolated within min and max', async () => {
    const boundaries = [10, 20, 50, 100];
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 200 }), { minLength: 1, maxLength: 100 }),
        async (values) => {
          const { fields } = await recorded(values, {
            type: AggregationType.EXPLICIT_BUCKET_HISTOGRAM,
            options: { boundaries },
          });
          const sorted = [...values].sort((a, b) => a - b);
          for (const [name, share] of Object.entries(WANTED)) {
            const estimate = fields![name] as number;
            expect(estimate).to.be.within(sorted[0]!, sorted.at(-1)!);
            const bucket = (value: number): number =>
              boundaries.filter((boundary) => boundary < value).length;
            // On a boundary the estimate may be the upper end of the bucket below.
            expect(bucket(estimate)).to.be.closeTo(bucket(exact(sorted, share)), 1);
          }
        },
      ),
      { numRuns: 50 },
    );
  });

  it('handle zeros and negative values', async () => {
    const { fields } = await recorded([0, 0, 0, 0], {
      type: AggregationType.EXPONENTIAL_HISTOGRAM,
    });
    expect(fields).to.deep.equal({
      count: 4,
      sum: 0,
      min: 0,
      max: 0,
      mean: 0,
      p50: 0,
      p90: 0,
      p95: 0,
      p99: 0,
    });
  });

  it('rise with the share', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.double({ min: 0, max: 1e3, noNaN: true }), { minLength: 1, maxLength: 50 }),
        async (values) => {
          const { fields } = await recorded(values, {
            type: AggregationType.EXPONENTIAL_HISTOGRAM,
          });
          const { p50, p90, p95, p99 } = fields as Record<string, number>;
          expect([p50, p90, p95, p99]).to.deep.equal(
            [p50!, p90!, p95!, p99!].sort((a, b) => a - b),
          );
        },
      ),
      { numRuns: 30 },
    );
  });
});
