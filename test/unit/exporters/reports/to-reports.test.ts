import { hostname } from 'node:os';
import type { logs } from '@opentelemetry/api-logs';
import {
  InMemoryLogRecordExporter,
  LoggerProvider,
  type ReadableLogRecord,
  SimpleLogRecordProcessor,
} from '@opentelemetry/sdk-logs';
import type { ResourceMetrics } from '@opentelemetry/sdk-metrics';
import { expect } from 'chai';
import { newId, type Report, sequenceOf, toReports } from '../../../../exporters/index.js';
import { ScriptedExporter } from '../../../support/scripted-exporter.js';

type Point = {
  startTime?: [number, number];
  endTime?: [number, number];
  attributes?: Record<string, unknown>;
  value: unknown;
};
interface Stream {
  name?: string;
  unit?: string;
  type: number;
  temporality?: number;
  monotonic?: boolean;
  points: Point[];
}

const START: [number, number] = [1_700_000_000, 0];
const END: [number, number] = [1_700_000_010, 500_000_000];

/** A collection as both lines of the SDK hand it out. */
function collection(
  streams: Stream[],
  resource: Record<string, unknown> = {},
  scope = 'foreign',
): ResourceMetrics {
  return {
    resource: { attributes: resource },
    scopeMetrics: [
      {
        scope: { name: scope },
        metrics: streams.map(
          ({ name = 'm', unit = '', type, temporality = 0, monotonic = true, points }) => ({
            descriptor: { name, unit, description: '', valueType: 1 },
            aggregationTemporality: temporality,
            dataPointType: type,
            isMonotonic: monotonic,
            dataPoints: points.map((point) => ({
              startTime: START,
              endTime: END,
              attributes: {},
              ...point,
            })),
          }),
        ),
      },
    ],
  } as unknown as ResourceMetrics;
}

const [HISTOGRAM, EXPONENTIAL, GAUGE, SUM] = [0, 1, 2, 3];
const explicit = (counts: number[], rest: object = {}): object => ({
  buckets: { boundaries: [1, 2, 4], counts },
  count: counts.reduce((a, b) => a + b, 0),
  ...rest,
});

describe('reports of metrics', () => {
  it('say what was measured, when, where and in what unit', () => {
    const data = collection(
      [
        {
          name: 'heat',
          unit: 'Cel',
          type: GAUGE,
          points: [{ value: 21.5, attributes: { room: 'a', floor: 2 } }],
        },
      ],
      {
        'host.name': 'there',
        'service.name': 'heating',
        'service.instance.id': 'boiler-1',
      },
    );
    const [report, ...rest] = toReports(data);
    expect(rest).to.deep.equal([]);
    const { id, ...told } = report!;
    expect(told).to.deep.equal({
      name: 'heat',
      metric: 'gauge',
      value: 21.5,
      unit: 'Cel',
      tags: { room: 'a', floor: 2 },
      timestamp: new Date(1_700_000_010_500),
      host: 'there',
      instance: 'boiler-1',
      appName: 'heating',
    });
    expect(toReports(data)[0]!.id).to.equal(id);
    expect(toReports(data, { appName: 'other' })[0]).to.include({ appName: 'other' });
  });

  it('are of this host and process, and of no application, where the resource does not say', () => {
    const data = collection([{ type: GAUGE, points: [{ value: 1 }] }], {
      'service.name': 'unknown_service:node',
    });
    expect(toReports(data)[0])
      .to.include({ host: hostname(), instance: `${hostname()}:${process.pid}` })
      .and.not.have.property('appName');
  });

  it('are made of sums that moved', () => {
    const data = collection([
      { name: 'up', type: SUM, points: [{ value: 3 }, { value: 0, attributes: { idle: true } }] },
      { name: 'updown', type: SUM, monotonic: false, points: [{ value: -2 }] },
    ]);
    expect(
      toReports(data).map(({ name, metric, value, startTimestamp }) => [
        name,
        metric,
        value,
        startTimestamp?.getTime(),
      ]),
    ).to.deep.equal([
      ['up', 'counter', 3, 1_700_000_000_000],
      ['updown', 'counter', -2, 1_700_000_000_000],
    ]);
  });

  it('take a list of tags from the one attribute tags', () => {
    const tags = (attributes: Record<string, unknown>): unknown =>
      toReports(collection([{ type: GAUGE, points: [{ value: 1, attributes }] }]))[0]!.tags;
    expect(tags({ tags: ['b', 'a'] })).to.deep.equal(['a', 'b']);
    expect(tags({ tags: 'b' })).to.deep.equal({ tags: 'b' });
    expect(tags({ tags: ['b', 'a'], more: 1 })).to.deep.equal({ tags: '["b","a"]', more: 1 });
    expect(tags({})).to.equal(undefined);
  });

  it('call a histogram of times a timing, and any other a histogram', () => {
    const kind = (unit: string, scope?: string): string =>
      toReports(
        collection(
          [{ unit, type: HISTOGRAM, points: [{ value: explicit([1, 0, 0, 0], { sum: 1 }) }] }],
          {},
          scope,
        ),
      )[0]!.metric;
    expect(['s', 'ms', 'us', 'ns', 'min', 'h', 'd'].map((unit) => kind(unit))).to.deep.equal(
      Array(7).fill('timing'),
    );
    expect(['By', '', '1'].map((unit) => kind(unit))).to.deep.equal(Array(3).fill('histogram'));
    expect(kind('', 'kaneda-otel')).to.equal('timing');
  });

  it('interpolate explicit buckets, and leave out what was not recorded', () => {
    const fields = (value: object): unknown =>
      toReports(collection([{ type: HISTOGRAM, points: [{ value }] }]))[0]!.fields;
    expect(fields(explicit([0, 4, 0, 0], { sum: 6, min: 1.2, max: 1.8 }))).to.deep.include({
      count: 4,
      sum: 6,
      min: 1.2,
      max: 1.8,
      mean: 1.5,
      p50: 1.5,
    });
    expect(fields(explicit([0, 4, 0, 0]))).to.deep.equal({
      count: 4,
      p50: 1.5,
      p90: 1.9,
      p95: 1.95,
      p99: 1.99,
    });
    expect(
      toReports(collection([{ type: HISTOGRAM, points: [{ value: explicit([0, 0, 0, 0]) }] }])),
    ).to.deep.equal([]);
  });

  it('are refused one by one, each with its reason', () => {
    const reasons: string[] = [];
    const data = collection([
      {
        type: GAUGE,
        points: [
          { value: Number.NaN },
          { value: 1 },
          { value: 2, attributes: { a: Number.NaN } },
          { value: 3, endTime: [Number.NaN, 0] },
        ],
      },
      { type: EXPONENTIAL, points: [{ value: { count: 1 } }] },
    ]);
    expect(toReports(data, { onRejected: (reason) => reasons.push(reason) })).to.have.lengthOf(1);
    expect(reasons).to.deep.equal([
      'number is not finite',
      'number is not finite',
      'invalid time',
      'malformed data point',
    ]);
  });

  it('have ids of their own for each series, interval, scope and resource, numbered by position', () => {
    const points = Array.from({ length: 2_000 }, (_, i) => ({
      value: 1,
      attributes: { user: `u${i}` },
    }));
    const same = collection([{ type: GAUGE, points }]);
    const others = [
      collection([{ type: GAUGE, points }], { 'service.instance.id': 'b' }),
      collection([{ type: GAUGE, points }], {}, 'other scope'),
      collection([
        {
          type: GAUGE,
          points: points.map((point) => ({ ...point, startTime: [1, 0] as [number, number] })),
        },
      ]),
      collection([{ type: SUM, points }]),
    ];
    const ids = [same, ...others].flatMap((data) => toReports(data).map(({ id }) => id));
    expect(new Set(ids).size).to.equal(ids.length);
    expect(toReports(same).map(({ id }) => id)).to.deep.equal(ids.slice(0, 2_000));
    const numbers = ids.slice(0, 2_000).map(sequenceOf);
    numbers.forEach((number, i) => {
      expect(number).to.equal((numbers[0]! + i) % 1_000_000);
    });
  });
});

describe('reports of cumulative metrics', () => {
  /** What each of the collections adds, in one exporter. */
  async function exported(...collections: ResourceMetrics[]): Promise<Report[]> {
    const exporter = new ScriptedExporter();
    for (const data of collections) exporter.export(data, () => {});
    await exporter.shutdown();
    return [...exporter.store.reports.values()];
  }
  const at = (seconds: number): [number, number] => [1_700_000_000 + seconds, 0];
  const sum = (
    value: number,
    seconds: number,
    rest: Partial<Stream> = {},
    point: Partial<Point> = {},
  ): ResourceMetrics =>
    collection([
      { type: SUM, temporality: 1, points: [{ value, endTime: at(seconds), ...point }], ...rest },
    ]);

  it('are what was added, so that they add up', async () => {
    const reports = await exported(sum(5, 1), sum(5, 2), sum(9, 3));
    expect(reports.map(({ value }) => value)).to.deep.equal([5, 4]);
  });

  it('begin again where the series does', async () => {
    const reports = await exported(
      sum(5, 1),
      sum(2, 2, {}, { startTime: at(1) }),
      sum(1, 3, {}, { startTime: at(1) }),
    );
    expect(reports.map(({ value }) => value)).to.deep.equal([5, 2, 1]);
    const updown = await exported(sum(5, 1, { monotonic: false }), sum(2, 2, { monotonic: false }));
    expect(updown.map(({ value }) => value)).to.deep.equal([5, -3]);
  });

  it('are distributions of what was added', async () => {
    const histogram = (counts: number[], total: number, seconds: number): ResourceMetrics =>
      collection([
        {
          type: HISTOGRAM,
          temporality: 1,
          points: [
            { value: explicit(counts, { sum: total, min: 0.5, max: 9 }), endTime: at(seconds) },
          ],
        },
      ]);
    const [first, second, ...rest] = await exported(
      histogram([1, 0, 0, 1], 9.5, 1),
      histogram([1, 0, 0, 1], 9.5, 2),
      histogram([1, 0, 3, 1], 18.5, 3),
    );
    expect(rest).to.deep.equal([]);
    expect(first!.fields).to.include({ count: 2, sum: 9.5 });
    expect(second!.fields).to.include({ count: 3, sum: 9, mean: 3, min: 2, max: 4, p50: 3 });
  });

  it('are distributions of what was added, across a change of scale', async () => {
    const exponential = (
      scale: number,
      offset: number,
      bucketCounts: number[],
      seconds: number,
    ): ResourceMetrics => {
      const count = bucketCounts.reduce((a, b) => a + b, 0);
      const value = {
        count,
        sum: count,
        scale,
        zeroCount: 0,
        positive: { offset, bucketCounts },
        negative: { offset: 0, bucketCounts: [] },
        min: 1,
        max: 1e9,
      };
      return collection([
        { type: EXPONENTIAL, temporality: 1, points: [{ value, endTime: at(seconds) }] },
      ]);
    };
    // At scale 1 the buckets from 2 up are 4 = index 2, 3; at scale 0 they are index 1.
    const [, second] = await exported(
      exponential(1, 2, [1, 1], 1),
      exponential(0, 0, [0, 2, 3], 2),
    );
    expect(second!.fields).to.include({ count: 3, sum: 3, min: 4, max: 8 });
    expect(second!.fields!.p50).to.be.within(4, 8);
  });

  it('are the whole for whoever asks without an exporter', () => {
    expect(toReports(sum(5, 1)).map(({ value }) => value)).to.deep.equal([5]);
    expect(toReports(sum(9, 3)).map(({ value }) => value)).to.deep.equal([9]);
  });
});

describe('reports of log records', () => {
  function emitted(
    ...records: Parameters<ReturnType<typeof logs.getLogger>['emit']>[0][]
  ): ReadableLogRecord[] {
    const exporter = new InMemoryLogRecordExporter();
    const provider = new LoggerProvider({
      processors: [new SimpleLogRecordProcessor({ exporter })],
    });
    for (const record of records) provider.getLogger('the scope').emit(record);
    return exporter.getFinishedLogRecords();
  }
  const withoutOrigin = ({
    host: _host,
    instance: _instance,
    ...report
  }: Report): Partial<Report> => report;

  it('read back what Kaneda recorded, identically', () => {
    const timestamp = new Date(1_700_000_000_123);
    const sent: Partial<Report>[] = [
      {
        id: newId(),
        name: 'deploy',
        metric: 'event',
        value: 'version 2',
        tags: ['a', 'b'],
        timestamp,
      },
      {
        id: 'my own id',
        name: 'order',
        metric: 'purchase',
        fields: { total: 12.5, lines: [{ sku: 'x' }] },
        tags: { shop: 'b', vip: true, n: 3 },
        timestamp,
      },
      { id: newId(), name: 'hits', metric: 'counter', value: 2, timestamp },
      { id: newId(), name: 'took', metric: 'timing', value: 0.25, unit: 's', timestamp },
    ];
    const records = emitted(
      ...sent.map(({ id, name, metric, value, fields, tags, unit }) => ({
        eventName: name!,
        body: (value ?? fields) as never,
        timestamp,
        attributes: {
          ...(Array.isArray(tags) ? { tags } : (tags as Record<string, string>)),
          'kaneda.id': id!,
          'kaneda.metric': metric!,
          ...(unit === undefined ? {} : { 'kaneda.unit': unit }),
        },
      })),
    );
    expect(toReports(records).map(withoutOrigin)).to.deep.equal(sent);
  });

  it('take any record: its body is the value or the fields, its scope the name', () => {
    const [plain, map, named, unnamed] = toReports(
      emitted(
        { body: 'text', attributes: { a: 1 } },
        { body: { id: 5, ok: true } as never },
        { eventName: 'e', attributes: { 'log.record.uid': 'uid-1' } },
        { eventName: '', body: 'text' },
      ),
    );
    expect(unnamed?.name).to.equal('the scope');
    expect(plain).to.deep.include({
      name: 'the scope',
      metric: 'event',
      value: 'text',
      tags: { a: 1 },
    });
    expect(map).to.deep.include({ name: 'the scope', fields: { field_id: 5, ok: true } });
    expect(named).to.include({ name: 'e', id: 'uid-1' }).and.not.have.property('value');
  });

  it('have the same id each time the same record is converted', () => {
    const records = emitted({ body: 'a' }, { body: 'a' });
    const [first, second] = toReports(records);
    expect(toReports(records).map(({ id }) => id)).to.deep.equal([first!.id, second!.id]);
    expect(first!.id).to.not.equal(second!.id);
  });

  it('use the time it was observed where the record has none', () => {
    const [record] = emitted({ body: 'a' });
    const [report] = toReports([
      Object.create(record!, { hrTime: { value: [0, 0] }, hrTimeObserved: { value: [5, 0] } }),
    ]);
    expect(report!.timestamp).to.deep.equal(new Date(5_000));
  });
});

describe('a large export', () => {
  it('is converted in slices, everything behind it waits its turn', async () => {
    const exporter = new ScriptedExporter();
    const points = Array.from({ length: 60_000 }, (_, i) => ({
      value: i,
      attributes: { user: `u${i}`, route: '/' },
    }));
    const order: string[] = [];
    exporter.export(collection([{ type: GAUGE, points }]), () => order.push('large'));
    exporter.export(collection([{ name: 'small', type: GAUGE, points: [{ value: 1 }] }]), () =>
      order.push('small'),
    );
    expect(order).to.deep.equal([]);
    let turns = 0;
    const count = (): void => {
      turns += 1;
      if (order.length < 2) setImmediate(count);
    };
    setImmediate(count);
    await exporter.forceFlush();
    expect(order).to.deep.equal(['large', 'small']);
    expect(turns).to.be.above(3);
    const stored = [...exporter.store.reports.values()];
    expect(stored.slice(0, -1).map(({ value }) => value)).to.deep.equal(
      points.map(({ value }) => value),
    );
    expect(stored.at(-1)!.name).to.equal('small');
    await exporter.shutdown();
  });
});

describe('toReports of something else', () => {
  it('says what it takes', () => {
    const convert = toReports as (...given: unknown[]) => Report[];
    for (const other of [undefined, null, 7, {}, { resourceMetrics: collection([]), errors: [] }])
      expect(() => convert(other)).to.throw(
        TypeError,
        /^toReports\(\) takes what OpenTelemetry gives an exporter: pass a ResourceMetrics/,
      );
    expect(() => convert(collection([]), null)).to.throw(TypeError, /options must be an object/);
    expect(convert([])).to.deep.equal([]);
  });
});
