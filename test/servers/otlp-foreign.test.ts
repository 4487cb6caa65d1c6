import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { INTERNALS } from '../../exporters/delivery/internals.js';
import { OtlpExporter } from '../../exporters/stores/otlp/index.js';
import { Metrics } from '../../src/index.js';
import { plainReports } from '../conformance/suites/exporter.js';
import { type AnsweringProxy, startAnsweringProxy } from '../support/servers/answering-proxy.js';
import { type Collector, startCollector } from '../support/servers/collector.js';
import { requireServer, type Server, type ServerOptions } from '../support/servers/server.js';
import { until } from '../support/until.js';

/** The reason for which nothing can be sent. */
async function reasonOf(exporter: OtlpExporter): Promise<string> {
  await until(() => exporter.fault !== undefined);
  return String(exporter.fault);
}

describe('OtlpExporter behind a gateway', function () {
  this.timeout(120_000);
  let collector: Collector;
  let gateway: AnsweringProxy;
  before(async function () {
    const options = { own: true };
    collector = (await requireServer<ServerOptions, Server>(
      this,
      startCollector,
      options,
    )) as Collector;
    gateway = await startAnsweringProxy(collector.url);
  });
  after(async () => {
    await gateway?.close();
    await collector?.stop();
  });

  /** The points of a name in the collector's file, read until it no longer grows. */
  const pointsOf = async (name: string): Promise<number> => {
    for (let last = -1; ; await sleep(250)) {
      const metrics = (await collector.readMetrics()).map(({ metric }) => metric);
      const found = metrics
        .filter((metric) => metric.name === name)
        .reduce((sum, { gauge }) => sum + (gauge?.dataPoints?.length ?? 0), 0);
      if (found === last) return last;
      last = found;
    }
  };

  for (const [status, body, type, word] of [
    [404, 'default backend - 404', 'text/plain', 'default backend - 404'],
    [405, '', 'text/plain', '405'],
    [403, '<h1>Blocked</h1>', 'text/html', 'Blocked'],
    [400, '<h1>Bad Request</h1>', 'text/html', 'Bad Request'],
    [400, 'unsupported path requested: "/v1/metrics"', 'text/plain', 'unsupported path requested'],
    [400, '{"code":400,"message":"no such route"}', 'application/json', '"no such route"'],
    [409, '{"error":"conflict of routes"}', 'application/json', 'conflict of routes'],
    [413, '<h1>Too Large</h1>', 'text/html', 'Too Large'],
    [302, '', 'text/plain', '302'],
    [200, '<h1>Sign in</h1>', 'text/html; charset=utf-8', 'Sign in'],
    [503, 'no healthy upstream', 'text/plain', 'no healthy upstream'],
  ] as const) {
    it(`loses nothing while it answers ${status} ${body}`, async () => {
      const name = `gated ${status} ${body}`;
      const exporter = new OtlpExporter({ url: gateway.url });
      gateway.answer({ status, body, headers: { 'content-type': type } });
      exporter[INTERNALS].accept(
        plainReports(3).map((report) => ({ ...report, name, metric: 'gauge' })),
      );
      expect(await reasonOf(exporter))
        .to.include(word)
        .and.to.include(gateway.url);
      expect(exporter.ledger()).to.deep.include({ pending: 3, rejected: {}, dropped: {} });
      gateway.open();
      await exporter.shutdown();
      expect(exporter.ledger()).to.deep.include({ stored: 3, rejected: {}, dropped: {} });
      expect(await pointsOf(name)).to.equal(3);
    });
  }

  it('names the HTTP port to whoever gives that of gRPC', async function () {
    if (collector.grpc === undefined) return this.skip();
    const exporter = new OtlpExporter({ url: `http://${collector.grpc}` });
    exporter[INTERNALS].accept(plainReports(1));
    expect(await reasonOf(exporter))
      .to.include('looks like gRPC')
      .and.to.include('4318');
    expect(exporter.ledger()).to.deep.include({ pending: 1, rejected: {} });
    await exporter.shutdown({ timeout: 100 });
  });

  it("gives the application's name as service.name on both signals", async () => {
    const backend = new OtlpExporter({ url: collector.url, appName: 'shop-17' });
    const metrics = new Metrics({ backend });
    metrics.increment('named');
    metrics.event('named', 'text');
    await metrics.close();
    await pointsOf('named');
    const found = [...(await collector.readMetrics()), ...(await collector.readLogs())]
      .map(({ resource }) => resource.find(({ key }) => key === 'service.name')?.value.stringValue)
      .filter((name) => name === 'shop-17');
    expect(found).to.have.lengthOf(2);
  });
});
