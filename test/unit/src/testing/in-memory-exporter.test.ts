import { mock } from 'node:test';
import { LoggerProvider, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { expect } from 'chai';
import { INTERNALS } from '../../../../exporters/delivery/internals.js';
import { Metrics } from '../../../../src/metrics/metrics.js';
import { InMemoryExporter } from '../../../../src/testing/index.js';
import { plainReports } from '../../../conformance/suites/exporter.js';
import { until } from '../../../support/until.js';

const failureOf = (work: Promise<unknown>): Promise<Error> =>
  work.then(
    () => expect.fail('it resolved'),
    (error: Error) => error,
  );

describe('InMemoryExporter', () => {
  it('keeps what a Metrics recorded, by name, until it is cleared', async () => {
    const exporter = new InMemoryExporter({ appName: 'shop' });
    const metrics = new Metrics({ backend: exporter });
    metrics.increment('orders', { country: 'ch' }, 3);
    metrics.gauge('queue', 2);
    await metrics.flush();
    expect(exporter.reports.map(({ name }) => name).sort()).to.deep.equal(['orders', 'queue']);
    const [orders, ...more] = exporter.byName('orders');
    expect(more).to.deep.equal([]);
    expect(orders).to.deep.include({ value: 3, tags: { country: 'ch' }, appName: 'shop' });
    exporter.clear();
    expect(exporter.reports).to.deep.equal([]);
    metrics.increment('orders');
    await metrics.close();
    expect(exporter.byName('orders')).to.have.length(1);
  });

  it('keeps a report once that comes twice', async () => {
    const exporter = new InMemoryExporter();
    const sent = plainReports(2);
    exporter[INTERNALS].accept(sent);
    exporter[INTERNALS].accept(sent);
    await exporter.shutdown();
    expect(exporter.reports).to.deep.equal(sent);
  });

  it('serves readers and processors of OpenTelemetry', async () => {
    const exporter = new InMemoryExporter();
    const meters = new MeterProvider({
      readers: [new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })],
    });
    const logs = new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter })] });
    meters.getMeter('test').createCounter('hits').add(2);
    logs.getLogger('test').emit({ eventName: 'deployed', body: 'version 3' });
    await Promise.all([meters.shutdown(), logs.shutdown()]);
    expect(exporter.byName('hits')[0]).to.include({ metric: 'counter', value: 2 });
    expect(exporter.byName('deployed')[0]).to.include({ metric: 'event', value: 'version 3' });
  });

  it('lets a test wait for reports by name and by a condition', async () => {
    const exporter = new InMemoryExporter();
    const metrics = new Metrics({ backend: exporter, mode: 'individual' });
    const three = exporter.waitFor('orders', { count: 3 });
    const dear = exporter.waitFor(({ value }) => Number(value) > 10);
    metrics.increment('orders');
    metrics.increment('visits');
    metrics.increment('orders', undefined, 50);
    metrics.increment('orders');
    expect((await three).map(({ value }) => value)).to.deep.equal([1, 50, 1]);
    expect(await dear).to.have.length(1);
    expect(await exporter.waitFor('visits')).to.have.length(1);
    await metrics.close();
  });

  it('rejects a wait that takes too long, and tells what is there instead', async () => {
    const exporter = new InMemoryExporter();
    exporter[INTERNALS].accept(plainReports(2, 'visits'));
    await exporter.forceFlush();
    const error = await failureOf(exporter.waitFor('visit', { timeout: 20, count: 2 }));
    expect(error).to.have.property('code', 'KANEDA_DEADLINE');
    expect(error.message).to.match(/After 20 ms 0 of 2 reports named "visit" are stored/);
    expect(error.message).to.include('Stored are: "visits" (2).');
    await exporter.shutdown();
  });

  it('rejects a wait with what its condition throws, and stores on', async () => {
    const exporter = new InMemoryExporter();
    const waiting = failureOf(
      exporter.waitFor(() => {
        throw new Error('not my report');
      }),
    );
    exporter[INTERNALS].accept(plainReports(1));
    expect((await waiting).message).to.equal('not my report');
    await exporter.shutdown();
    expect(exporter.reports).to.have.length(1);
  });

  it('does not wait with faulty options, or for something that is neither a name nor a test', async () => {
    const exporter = new InMemoryExporter();
    const refused = async (text: string, ...given: unknown[]): Promise<unknown> =>
      expect((await failureOf(exporter.waitFor(...(given as ['orders'])))).message).to.include(
        text,
      );
    await refused('waitFor: cuont: unknown; did you mean count?', 'orders', { cuont: 2 });
    for (const count of [0, -1, null, '2', Number.NaN])
      await refused('waitFor: count: must be a whole number above 0', 'orders', { count });
    for (const options of [null, 5]) await refused('options: must be an object', 'orders', options);
    for (const wanted of [undefined, null, 5, { name: 'orders' }])
      await refused('waitFor() takes the name of reports, or a function that tests them.', wanted);
  });

  it('waits under fake timers', async () => {
    mock.timers.enable();
    try {
      const exporter = new InMemoryExporter();
      const metrics = new Metrics({ backend: exporter });
      metrics.increment('orders');
      await metrics.flush();
      expect(await exporter.waitFor('orders')).to.have.length(1);
      await failureOf(exporter.waitFor('never', { timeout: 10 }));
      await metrics.close();
    } finally {
      mock.timers.reset();
    }
  });

  it('waits as long as by default for a timeout that is none', async () => {
    const exporter = new InMemoryExporter();
    const waits = [Number.NaN, -1, '5', null].map((timeout) =>
      exporter.waitFor('conformance.plain', { timeout: timeout as number }),
    );
    await new Promise((resolve) => setTimeout(resolve, 20));
    exporter[INTERNALS].accept(plainReports(1));
    await exporter.shutdown();
    expect((await Promise.all(waits)).flat()).to.have.lengthOf(4);
  });

  it('is down, silent or refuses as a test wants it', async () => {
    const problems: string[] = [];
    const onProblem = ({ code }: { code: string }) => void problems.push(code);
    const exporter = new InMemoryExporter({ onProblem, writeTimeout: 100 });
    exporter.refuses = ({ value }) => (value === 1 ? 'no ones' : undefined);
    exporter.state = 'down';
    exporter[INTERNALS].accept(plainReports(3));
    await until(() => exporter.fault !== undefined);
    await failureOf(exporter.forceFlush({ timeout: 50 }));
    expect(exporter.fault!.message).to.equal('the store is down');
    exporter.state = 'silent';
    await failureOf(exporter.forceFlush({ timeout: 200 }));
    expect(exporter.reports).to.deep.equal([]);
    exporter.state = 'up';
    await exporter.forceFlush();
    expect(exporter.reports.map(({ value }) => value)).to.deep.equal([0, 2]);
    expect(exporter.ledger()).to.deep.include({ stored: 2, rejected: { 'no ones': 1 } });
    expect(problems).to.include.members(['KANEDA_OUTAGE', 'KANEDA_RECOVERED', 'KANEDA_REJECTED']);
    await exporter.shutdown();
  });
});
