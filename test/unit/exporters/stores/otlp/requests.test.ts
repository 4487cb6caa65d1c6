import { deserialize, serialize } from 'node:v8';
import type { ResourceMetrics } from '@opentelemetry/sdk-metrics';
import { expect } from 'chai';
import type { Report } from '../../../../../exporters/reports/report.js';
import { toReports } from '../../../../../exporters/reports/to-reports.js';
import { requestsOf } from '../../../../../exporters/stores/otlp/requests.js';
import {
  type OtlpReport,
  SourcedSteps,
  withoutBuckets,
} from '../../../../../exporters/stores/otlp/source.js';

const start: [number, number] = [1_795_000_000, 0];
const end: [number, number] = [1_795_000_010, 123_456_789];
const at = (attributes: object, value: unknown) => ({
  startTime: start,
  endTime: end,
  attributes,
  value,
});
const descriptor = (name: string, unit = '') => ({
  name,
  unit,
  description: `about ${name}`,
  valueType: 1,
});
const exponential = {
  count: 3,
  sum: 6,
  min: 1,
  max: 3,
  scale: 2,
  zeroCount: 0,
  positive: { offset: -1, bucketCounts: [1, 0, 2] },
  negative: { offset: 0, bucketCounts: [] },
};
const data = {
  resource: {
    attributes: {
      'service.name': 'shop',
      'service.instance.id': 'web-1:7',
      'host.name': 'web-1',
      list: ['a', 'b'],
    },
  },
  scopeMetrics: [
    {
      scope: { name: 'app', version: '1.2' },
      metrics: [
        {
          descriptor: descriptor('hits'),
          dataPointType: 3,
          aggregationTemporality: 0,
          isMonotonic: true,
          dataPoints: [at({ route: '/' }, 5), at({ route: '/a' }, 0), at({ ids: [1, 2] }, 7)],
        },
        {
          descriptor: descriptor('heat', 'Cel'),
          dataPointType: 2,
          aggregationTemporality: 1,
          dataPoints: [at({}, Number.NaN), at({}, 21.5)],
        },
      ],
    },
    {
      scope: { name: 'other' },
      metrics: [
        {
          descriptor: descriptor('took', 's'),
          dataPointType: 1,
          aggregationTemporality: 0,
          dataPoints: [at({ route: '/' }, exponential)],
        },
      ],
    },
  ],
} as unknown as ResourceMetrics;

function sourced(): OtlpReport[] {
  const reports: Report[] = [];
  const steps = new SourcedSteps(data, {
    appName: undefined,
    rejected: () => {},
    deltas: undefined,
  });
  while (steps.step(reports));
  return reports as OtlpReport[];
}

describe('OTLP requests', () => {
  it('rebuild the data points whole from their reports, also from those of a disk', () => {
    for (const reports of [
      sourced(),
      sourced().map((report) => deserialize(serialize(report)) as OtlpReport),
    ]) {
      const [request, ...rest] = requestsOf(reports);
      expect(rest).to.deep.equal([]);
      expect(request!.positions).to.deep.equal([0, 1, 2, 3]);
      const moved = structuredClone(data) as unknown as {
        scopeMetrics: { metrics: { dataPoints: unknown[] }[] }[];
      };
      moved.scopeMetrics[0]!.metrics[0]!.dataPoints.splice(1, 1);
      moved.scopeMetrics[0]!.metrics[1]!.dataPoints.splice(0, 1);
      expect(request!.data).to.deep.equal(moved);
    }
  });

  it('have one bucket for all values of a histogram where distributions are not wanted', () => {
    const [request] = requestsOf(sourced().map(withoutBuckets));
    const { scopeMetrics } = request!.data as ResourceMetrics;
    const [took] = scopeMetrics[1]!.metrics;
    expect(took!.dataPointType).to.equal(0);
    expect(took!.dataPoints[0]!.value).to.deep.equal({
      buckets: { boundaries: [], counts: [3] },
      count: 3,
      sum: 6,
      min: 1,
      max: 3,
    });
    expect(scopeMetrics[0]!.metrics[0]!.dataPoints.map(({ value }) => value)).to.deep.equal([5, 7]);
  });

  it('make an exponential histogram of a timing that came with its buckets, from the process it names', () => {
    const [request] = requestsOf([
      {
        id: '1',
        name: 'took',
        metric: 'timing',
        value: 2,
        fields: { count: 3, sum: 6, min: 1, max: 3 },
        distribution: { scale: 2, zeroCount: 0, offset: -1, counts: [1, 0, 2] },
        unit: 's',
        timestamp: new Date(2_000),
        host: 'h',
        instance: 'h:1',
      },
    ]);
    const { resource, scopeMetrics } = request!.data as ResourceMetrics;
    expect(resource.attributes).to.deep.equal({ 'host.name': 'h', 'service.instance.id': 'h:1' });
    const [metric] = scopeMetrics[0]!.metrics;
    expect(metric!.dataPointType).to.equal(1);
    expect(metric!.dataPoints[0]!.value).to.deep.equal(exponential);
  });

  it('leave the reports themselves as any store has them', () => {
    const plain = sourced().map(({ extra: _, ...report }) => report);
    expect(plain).to.deep.equal(toReports(data));
  });

  it('make metrics of plain gauges, counters and timings, and log records of all else', () => {
    const base = { timestamp: new Date(2_000), host: 'h', appName: 'a', tags: ['x'] };
    const reports: OtlpReport[] = [
      { ...base, id: '1', name: 'g', metric: 'gauge', value: 2n },
      {
        ...base,
        id: '2',
        name: 'c',
        metric: 'counter',
        value: -1,
        startTimestamp: new Date(1_000),
      },
      { ...base, id: '3', name: 't', metric: 'timing', value: 0.5 },
      {
        ...base,
        id: '4',
        name: 't',
        metric: 'timing',
        fields: {
          count: 100,
          sum: 60,
          min: 0.1,
          max: 2,
          mean: 0.6,
          p50: 0.5,
          p90: 1,
          p95: 1,
          p99: 1.5,
        },
      },
      { ...base, id: '5', name: 'e', metric: 'event', value: 'hello', unit: 'u' },
      {
        ...base,
        id: '6',
        name: 'x',
        metric: 'xml',
        fields: { status: 'ok', when: new Date(0) },
        tags: { k: 1 },
      },
      { ...base, id: '7', name: 'g', metric: 'gauge', value: 'no number' },
    ];
    const [metrics, logs] = requestsOf(reports) as [
      ReturnType<typeof requestsOf>[0],
      ReturnType<typeof requestsOf>[0],
    ];
    expect([metrics.positions, logs.positions]).to.deep.equal([
      [0, 1, 2, 3],
      [4, 5, 6],
    ]);
    const { resource, scopeMetrics } = metrics.data as ResourceMetrics;
    expect(resource.attributes).to.deep.equal({ 'host.name': 'h', 'service.name': 'a' });
    const found = scopeMetrics[0]!.metrics.map(({ descriptor: { name }, dataPoints }) => [
      name,
      dataPoints.map(({ value }) => value),
    ]);
    expect(found).to.deep.equal([
      ['g', [2]],
      ['c', [-1]],
      [
        't',
        [
          { buckets: { boundaries: [], counts: [1] }, count: 1, sum: 0.5, min: 0.5, max: 0.5 },
          {
            buckets: { boundaries: [0.5, 1, 1.5], counts: [50, 45, 4, 1] },
            count: 100,
            sum: 60,
            min: 0.1,
            max: 2,
          },
        ],
      ],
    ]);
    const records = logs.data as unknown as {
      eventName: string;
      body: unknown;
      attributes: object;
    }[];
    expect(
      records.map(({ eventName, body, attributes }) => ({ eventName, body, attributes })),
    ).to.deep.equal([
      {
        eventName: 'e',
        body: 'hello',
        attributes: { tags: ['x'], 'kaneda.id': '5', 'kaneda.metric': 'event', 'kaneda.unit': 'u' },
      },
      {
        eventName: 'x',
        body: { status: 'ok', when: '1970-01-01T00:00:00.000Z' },
        attributes: { k: 1, 'kaneda.id': '6', 'kaneda.metric': 'xml' },
      },
      {
        eventName: 'g',
        body: 'no number',
        attributes: { tags: ['x'], 'kaneda.id': '7', 'kaneda.metric': 'gauge' },
      },
    ]);
    const back = toReports(logs.data as never);
    expect(
      back.map(({ id, name, metric, value, tags }) => ({ id, name, metric, value, tags }))[0],
    ).to.deep.equal({
      id: '5',
      name: 'e',
      metric: 'event',
      value: 'hello',
      tags: ['x'],
    });
  });

  it('are one for each resource, however many copies of it there are', () => {
    const reports = sourced();
    const other = sourced().map((report) => ({
      ...report,
      extra: { ...report.extra!, resource: { attributes: { 'service.name': 'b' } } },
    }));
    expect(
      requestsOf(
        [...reports, ...other, ...structuredClone(reports)].filter(Boolean) as OtlpReport[],
      ),
    ).to.have.lengthOf(2);
  });
});
