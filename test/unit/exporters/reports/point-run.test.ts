import type { ResourceMetrics } from '@opentelemetry/sdk-metrics';
import { expect } from 'chai';
import fc from 'fast-check';
import { MemoryOutbox } from '../../../../exporters/delivery/outbox/memory-outbox.js';
import type { Deltas } from '../../../../exporters/reports/cumulative-to-delta.js';
import { MetricSteps } from '../../../../exporters/reports/data-points.js';
import { sizeOf } from '../../../../exporters/reports/estimated-size.js';
import type { Conversion, Report } from '../../../../exporters/reports/report.js';
import { OWN_SCOPE } from '../../../../exporters/reports/scopes.js';
import type { Unmade } from '../../../../exporters/reports/unmade.js';
import { ScriptedExporter } from '../../../support/scripted-exporter.js';

const START: [number, number] = [1_700_000_000, 0];

/** Attributes as they may be, some of which no report can have. */
const attributes = fc.oneof(
  fc.dictionary(
    fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('tags', '__proto__', 'a')),
    fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.double(),
      fc.boolean(),
      fc.constantFrom(undefined, null, Symbol('no tag'), 'x'.repeat(5_000)),
    ),
    { maxKeys: 4 },
  ),
  fc.record({ tags: fc.array(fc.string()) }),
);

const histogram = fc
  .array(fc.nat({ max: 3 }), { minLength: 1, maxLength: 5 })
  .map((bucketCounts) => ({
    count: bucketCounts.reduce((sum, count) => sum + count, 0),
    sum: 5,
    min: 1,
    max: 2,
    scale: 4,
    zeroCount: 0,
    positive: { offset: 0, bucketCounts },
    negative: { offset: 0, bucketCounts: [] },
  }));

const pointsOf = (value: fc.Arbitrary<unknown>) =>
  fc.array(
    fc.record({
      attributes,
      value,
      startTime: fc.constant(START),
      endTime: fc.constantFrom([1_700_000_010, 0], [1_700_000_010, 5e6], [Number.NaN, 0]),
    }),
    { maxLength: 200 },
  );

const metric = fc.constantFrom(1, 2, 3).chain((dataPointType) =>
  pointsOf(dataPointType === 1 ? histogram : fc.oneof(fc.double(), fc.constant(0))).map(
    (dataPoints) => ({
      descriptor: { name: 'm', unit: 's', description: '', valueType: 1 },
      aggregationTemporality: 0,
      dataPointType,
      isMonotonic: false,
      dataPoints,
    }),
  ),
);

const collection = fc.array(metric, { maxLength: 4 }).map(
  (metrics) =>
    ({
      resource: { attributes: { 'service.name': 'bench' } },
      scopeMetrics: [{ scope: { name: OWN_SCOPE }, metrics }],
    }) as unknown as ResourceMetrics,
);

/** A conversion that counts why something is rejected. */
function counting(): { conversion: Conversion; reasons: string[]; reject(reason: string): void } {
  const reasons: string[] = [];
  const reject = (reason: string): void => void reasons.push(reason);
  return {
    reasons,
    reject,
    conversion: { appName: undefined, deltas: undefined, rejected: reject },
  };
}

describe('reports that are made later', () => {
  it('are those that are made at once, and are rejected for the same reasons', () => {
    fc.assert(
      fc.property(collection, fc.integer({ min: 1, max: 70 }), (data, most) => {
        const once = counting();
        const reports: Report[] = [];
        const steps = new MetricSteps(data, once.conversion);
        while (steps.step(reports));

        const later = counting();
        const runs: Unmade[] = [];
        const again = new MetricSteps(data, later.conversion);
        for (let run = again.run(most); run !== undefined; run = again.run(most)) runs.push(run);
        expect(again.step([])).to.equal(false);
        const made = runs.flatMap((run) => {
          const before = later.reasons.length;
          const some = run.make(later.reject);
          expect(some.length + later.reasons.length - before).to.equal(run.count);
          return some;
        });

        expect(made).to.deep.equal(reports);
        expect(later.reasons.sort()).to.deep.equal(once.reasons.sort());
        expect(runs.flatMap((run) => run.make(() => {}))).to.deep.equal(reports);
      }),
      { numRuns: 40 },
    );
  });

  it('are none where points are foreign or cumulative', () => {
    const points = [{ attributes: {}, value: 1, startTime: START, endTime: START }];
    const run = (scope: string, aggregationTemporality: number): unknown => {
      const descriptor = { name: 'm', unit: '', description: '', valueType: 1 };
      const dataPoints = points;
      const metrics = [
        { descriptor, aggregationTemporality, dataPointType: 3, isMonotonic: true, dataPoints },
      ];
      const scopeMetrics = [{ scope: { name: scope }, metrics }];
      const data = { resource: { attributes: {} }, scopeMetrics } as unknown as ResourceMetrics;
      return new MetricSteps(data, counting().conversion).run(10);
    };
    expect(run('foreign', 0)).to.equal(undefined);
    expect(run(OWN_SCOPE, 1)).to.equal(undefined);
    expect(run(OWN_SCOPE, 0)).to.not.equal(undefined);
  });

  it('leave a ledger that balances, and all reports in order in the store', async () => {
    await fc.assert(
      fc.asyncProperty(collection, fc.integer({ min: 1, max: 50 }), async (data, batchSize) => {
        const once = counting();
        const reports: Report[] = [];
        const steps = new MetricSteps(data, once.conversion);
        while (steps.step(reports));
        const exporter = new ScriptedExporter(undefined, { batchSize, onProblem: () => {} });
        exporter.export(data, () => {});
        await exporter.forceFlush();
        const { accepted, stored, pending, rejected } = exporter.ledger();
        await exporter.shutdown();
        expect(exporter.store.writes.flat()).to.deep.equal(reports);
        expect({ stored, pending }).to.deep.equal({ stored: reports.length, pending: 0 });
        const refused = Object.values(rejected).reduce((sum, count) => sum + count, 0);
        expect(refused).to.equal(once.reasons.length);
        expect(accepted).to.equal(stored + refused);
      }),
      { numRuns: 20 },
    );
  });

  it('keep an outbox in its bound and its order, and are lost at its end each for itself', async () => {
    const dataPoints = Array.from({ length: 200 }, (_, i) => ({
      attributes: { i, hostile: i % 50 === 49 ? Symbol('no tag') : 'no' },
      value: i % 10,
      startTime: START,
      endTime: START,
    }));
    const descriptor = { name: 'm', unit: '', description: '', valueType: 1 };
    const metric = { descriptor, aggregationTemporality: 0, dataPointType: 3, dataPoints };
    const scopeMetrics = [{ scope: { name: OWN_SCOPE }, metrics: [metric] }];
    const data = { resource: { attributes: {} }, scopeMetrics } as unknown as ResourceMetrics;
    const { conversion } = counting();
    const runs: Unmade[] = [];
    const steps = new MetricSteps(data, conversion);
    for (let run = steps.run(64); run !== undefined; run = steps.run(64)) runs.push(run);
    const all = runs.flatMap((run) => run.make(() => {})).map(({ id }) => id);
    let dropped = 0;
    let rejected = 0;
    const outbox = new MemoryOutbox(30_000, {
      dropped: () => (dropped += 1),
      rejected: () => (rejected += 1),
    });
    for (const run of runs) outbox.addUnmade(run);
    const entries = await outbox.take(20, 1e6);
    const ids = entries.map(({ report }) => report.id);
    const from = all.indexOf(ids[0]!);
    expect(ids).to.deep.equal(all.slice(from, from + 20));
    expect(from).to.equal(dropped);
    expect(outbox.oldest()).to.equal(entries[0]!.place);
    let lost = 0;
    await outbox.close(() => (lost += 1));
    const count = runs.reduce((sum, run) => sum + run.count, 0);
    expect(lost + dropped + rejected).to.equal(count);
  });
});

describe('A run of data points', () => {
  /** Points of a gauge of our own with these attributes. */
  const gaugeOf = (all: readonly Record<string, string>[]): ResourceMetrics => {
    const dataPoints = all.map((attributes) => ({
      attributes,
      value: 1,
      startTime: START,
      endTime: START,
    }));
    const descriptor = { name: 'm', unit: '', description: '', valueType: 1 };
    const metrics = [{ descriptor, aggregationTemporality: 0, dataPointType: 2, dataPoints }];
    const scopeMetrics = [{ scope: { name: OWN_SCOPE }, metrics }];
    return { resource: { attributes: {} }, scopeMetrics } as unknown as ResourceMetrics;
  };

  it('counts the bytes of each point, not those of the first', () => {
    const long = 'x'.repeat(1_000);
    const all = Array.from({ length: 128 }, (_, i) => (i === 0 ? {} : { a: long, b: long }));
    const steps = new MetricSteps(gaugeOf(all), { appName: 'a', rejected() {}, deltas: undefined });
    const run = steps.run(128)!;
    const bytes = run.make(() => {}).reduce((sum, report) => sum + sizeOf(report), 0);
    expect(run.bytes).to.be.closeTo(bytes, 100);
  });

  it('lets the cumulative series of a collection age once', () => {
    let exported = 0;
    const deltas = { exported: () => void exported++ } as unknown as Deltas;
    const steps = new MetricSteps(gaugeOf([{}]), { appName: 'a', rejected() {}, deltas });
    expect(steps.run(128)!.count).to.equal(1);
    expect([steps.run(128), steps.step([])]).to.deep.equal([undefined, false]);
    expect(exported).to.equal(1);
  });

  it('is dropped unmade where all of it must make room', async () => {
    const dropped: string[] = [];
    const outbox = new MemoryOutbox(1_000, { dropped: (signal) => dropped.push(signal) });
    const make = () => expect.fail('made in order to be dropped');
    outbox.addUnmade({ count: 3, bytes: 900, make });
    outbox.addUnmade({ count: 2, bytes: 1_000, make });
    expect(dropped).to.deep.equal(Array(3).fill('metric_data_point'));
    expect(outbox.waiting).to.equal(2);
  });
});
