import { setTimeout as sleep } from 'node:timers/promises';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { expect } from 'chai';
import { INTERNALS } from '../../exporters/delivery/internals.js';
import type { Report } from '../../exporters/reports/report.js';
import { OtlpExporter } from '../../exporters/stores/otlp/index.js';
import { Metrics } from '../../src/index.js';
import { describeExporter, type Found, plainReports } from '../conformance/suites/exporter.js';
import {
  type Collector,
  type OtlpAttribute,
  type OtlpPoint,
  type OtlpValue,
  startCollector,
} from '../support/servers/collector.js';
import { temporaryFolder } from '../support/servers/process.js';
import { startProxy, type TcpProxy } from '../support/servers/proxy.js';
import { requireServer, type Server, type ServerOptions } from '../support/servers/server.js';

let collector: Collector;
let proxy: TcpProxy;
/** What the collector's files held before the test: they only grow. */
let earlier: { points: number; records: number };

before(async function () {
  collector = (await requireServer<ServerOptions, Server>(this, startCollector, {
    own: true,
  })) as Collector;
  proxy = await startProxy(collector.url);
});
after(async () => {
  await proxy?.close();
  await collector?.stop();
});

const number = (text: string | undefined): number => Number(text ?? 0);

/** Data points and log records since `clear`, when the collector has stopped writing. */
async function received() {
  const read = async () => ({
    metrics: await collector.readMetrics(),
    logs: await collector.readLogs(),
  });
  for (let last = ''; ; await sleep(250)) {
    const { metrics, logs } = await read();
    const points = metrics.flatMap(({ metric, ...origin }) => {
      const { gauge, sum, histogram, exponentialHistogram } = metric;
      const data = gauge ?? sum ?? histogram ?? exponentialHistogram;
      return (data?.dataPoints ?? []).map((point) => ({ ...origin, metric, data: data!, point }));
    });
    const now = `${points.length} ${logs.length}`;
    if (now === last)
      return { points: points.slice(earlier.points), records: logs.slice(earlier.records) };
    last = now;
  }
}

async function clear(): Promise<void> {
  earlier = { points: 0, records: 0 };
  const { points, records } = await received();
  earlier = { points: points.length, records: records.length };
}

const attribute = (
  attributes: readonly OtlpAttribute[] | undefined,
  key: string,
): OtlpValue | undefined => attributes?.find((one) => one.key === key)?.value;
const numberOf = (point: OtlpPoint): number => point.asDouble ?? number(point.asInt);

/** Metrics have no ids in OTLP: which report one was is told by its name, value and time. */
async function found(sent: readonly Report[]): Promise<Found[]> {
  const { points, records } = await received();
  const ids = new Map(
    sent.map(({ id, name, value, timestamp }) => [
      `${name} ${Number(value)} ${timestamp.getTime()}`,
      id,
    ]),
  );
  const fromPoints = points.map(({ metric, point }): Found => {
    const kind = metric.gauge ? 'gauge' : metric.sum ? 'counter' : 'timing';
    const key = `${metric.name} ${numberOf(point)} ${BigInt(point.timeUnixNano!) / 1_000_000n}`;
    return { id: ids.get(key) ?? key, name: metric.name, metric: kind, value: numberOf(point) };
  });
  const fromRecords = records.map(({ record, scope }): Found => {
    const id = attribute(record.attributes, 'kaneda.id')?.stringValue ?? '';
    const metric = attribute(record.attributes, 'kaneda.metric')?.stringValue ?? 'event';
    return { id, name: record.eventName ?? scope, metric, value: record.body?.stringValue };
  });
  return [...fromPoints, ...fromRecords];
}

describeExporter('OtlpExporter', {
  clear,
  make: (options) => new OtlpExporter({ url: proxy.url, ...options }),
  stored: found,
  down: async () => proxy.cut(),
  silent: async () => proxy.hold(),
  up: async () => proxy.resume(),
  bad: [],
  skips: {
    redelivery: 'OTLP has no ids by which a collector knows a data point again',
    silent: 'a request that was given up may still be taken; see "at least once" below',
  },
});

describe('OtlpExporter on a real collector', function () {
  this.timeout(120_000);
  const made: OtlpExporter[] = [];
  const make = (options: ConstructorParameters<typeof OtlpExporter>[0] = {}) => {
    const exporter = new OtlpExporter({ url: proxy.url, ...options });
    made.push(exporter);
    return exporter;
  };
  beforeEach(clear);
  afterEach(async () => {
    proxy.resume();
    for (const exporter of made.splice(0)) await exporter.shutdown({ timeout: 1_000 });
  });

  const record = async (exporter: OtlpExporter) => {
    const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
    const provider = new MeterProvider({ readers: [reader] });
    const meter = provider.getMeter('app', '1.2.3');
    meter
      .createCounter('hits', { description: 'how many', unit: '{hit}' })
      .add(3, { route: '/', codes: [200, 204] as never });
    const took = meter.createHistogram('took', { unit: 's' });
    for (const seconds of [0.1, 0.2, 0.4]) took.record(seconds, { route: '/' });
    await provider.forceFlush();
    return { provider, meter };
  };

  it('delivers data points whole: buckets, temporality, attributes, times, resource and scope', async () => {
    const exporter = make();
    await record(exporter);
    await exporter.forceFlush();
    const { points } = await received();
    expect(points.map(({ metric }) => metric.name).sort()).to.deep.equal(['hits', 'took']);
    const hits = points.find(({ metric }) => metric.name === 'hits')!;
    expect(hits.metric).to.include({ description: 'how many', unit: '{hit}' });
    expect(hits.data).to.include({ aggregationTemporality: 1, isMonotonic: true });
    expect(numberOf(hits.point)).to.equal(3);
    expect(attribute(hits.point.attributes, 'codes')!.arrayValue!.values).to.have.lengthOf(2);
    expect(attribute(hits.resource, 'telemetry.sdk.name')!.stringValue).to.equal('opentelemetry');
    expect(hits.scope).to.equal('app');
    expect(number(hits.point.startTimeUnixNano)).to.be.within(
      1e18,
      number(hits.point.timeUnixNano),
    );
    const took = points.find(({ metric }) => metric.name === 'took')!;
    expect(took.point).to.include({ count: '3', min: 0.1, max: 0.4 });
    expect(took.point.sum).to.be.closeTo(0.7, 1e-9);
    const buckets = took.point.positive!.bucketCounts!.map(Number);
    expect(buckets.reduce((total, count) => total + count, 0)).to.equal(3);
  });

  it('keeps what is recorded while the collector is down, also over the end of the program, and delivers it whole', async () => {
    const directory = temporaryFolder('outbox');
    await collector.kill();
    const first = make({ outbox: { directory } });
    await record(first);
    await first.shutdown();
    expect(first.ledger()).to.include({ accepted: 2, stored: 0, pending: 2 });
    await collector.start();
    const second = make({ outbox: { directory } });
    second[INTERNALS].accept(plainReports(1));
    while (second.ledger().stored < 3) await sleep(50);
    const { points } = await received();
    expect(points.map(({ metric }) => metric.name).sort()).to.deep.equal([
      'conformance.plain',
      'hits',
      'took',
    ]);
    const took = points.find(({ metric }) => metric.name === 'took')!;
    expect(took.point.positive!.bucketCounts!.map(Number).filter(Boolean)).to.deep.equal([1, 1, 1]);
    expect(attribute(took.resource, 'telemetry.sdk.name')!.stringValue).to.equal('opentelemetry');
    expect(second.ledger()).to.include({ accepted: 3, stored: 3, pending: 0 });
  });

  it('delivers at least once when answers are lost', async () => {
    const exporter = make({ batchSize: 50, writeTimeout: 1_500 });
    const sent = plainReports(200);
    exporter[INTERNALS].accept(sent);
    collector.pause();
    await sleep(2_000);
    collector.resume();
    await exporter.forceFlush();
    const ids = (await found(sent)).map(({ id }) => id);
    expect(new Set(ids)).to.have.all.keys(...sent.map(({ id }) => id));
    expect(exporter.ledger()).to.include({ accepted: 200, stored: 200, pending: 0 });
  });

  it('serves as the backend of Metrics, in both modes', async () => {
    for (const mode of ['aggregate', 'individual'] as const) {
      await clear();
      const metrics = new Metrics({ backend: make({ appName: 'shop' }), mode });
      metrics.increment('views', { page: '/' });
      metrics.increment('views', { page: '/' }, 2);
      metrics.gauge('heat', 21.5);
      metrics.timing('took', 0.25);
      metrics.event('deployed', 'version 1', ['blue']);
      metrics.custom('answer', { metric: 'xml', value: { status: 'ok' }, id: `custom-${mode}` });
      await metrics.flush();
      await metrics.close();
      const { points, records } = await received();
      const names = records.map(({ record }) => record.eventName).sort();
      const custom = records.find(({ record }) => record.eventName === 'answer')!.record;
      expect(custom.body!.kvlistValue!.values).to.deep.equal([
        { key: 'status', value: { stringValue: 'ok' } },
      ]);
      expect(attribute(custom.attributes, 'kaneda.id')!.stringValue).to.equal(`custom-${mode}`);
      if (mode === 'individual') {
        expect(names).to.deep.equal(['answer', 'deployed', 'heat', 'took', 'views', 'views']);
        expect(points).to.deep.equal([]);
      } else {
        expect(names).to.deep.equal(['answer', 'deployed']);
        const views = points.find(({ metric }) => metric.name === 'views')!;
        expect([numberOf(views.point), views.data.aggregationTemporality]).to.deep.equal([3, 1]);
        expect(points.find(({ metric }) => metric.name === 'took')!.point).to.include({
          count: '1',
          sum: 0.25,
        });
        // A gauge is reported in each interval, the one that ends with `close` too.
        expect(new Set(points.map(({ metric }) => metric.name))).to.have.all.keys(
          'heat',
          'took',
          'views',
        );
      }
    }
  });

  it('delivers what a Metrics was told about its names', async () => {
    await clear();
    const metrics = new Metrics({ backend: make() });
    metrics.describe('orders', { unit: '{order}', description: 'Orders paid.', monotonic: true });
    metrics.describe('took', { unit: 'ms', description: 'Time to pay.' });
    metrics.counter('orders').add(2);
    metrics.timing('took', 5);
    await metrics.close();
    const { points } = await received();
    const [orders, took] = ['orders', 'took'].map((name) =>
      points.find(({ metric }) => metric.name === name),
    );
    expect(orders!.metric).to.include({ unit: '{order}', description: 'Orders paid.' });
    expect(orders!.data).to.include({ isMonotonic: true });
    expect(numberOf(orders!.point)).to.equal(2);
    expect(took!.metric).to.include({ unit: 'ms', description: 'Time to pay.' });
  });

  it('sends JSON where the variables ask for it', async () => {
    process.env.OTEL_EXPORTER_OTLP_PROTOCOL = 'http/json';
    try {
      const exporter = make();
      const [gauge, event] = plainReports(2);
      exporter[INTERNALS].accept([gauge!, { ...event!, metric: 'event', value: 'text' }]);
      await exporter.forceFlush();
      expect(await found([gauge!, event!])).to.have.lengthOf(2);
    } finally {
      delete process.env.OTEL_EXPORTER_OTLP_PROTOCOL;
    }
  });
});
