import { expect } from 'chai';
import { INTERNALS } from '../../exporters/delivery/internals.js';
import { InfluxExporter } from '../../exporters/stores/influxdb/index.js';
import { plainReports } from '../conformance/suites/exporter.js';
import { type AnsweringProxy, startAnsweringProxy } from '../support/servers/answering-proxy.js';
import { startInflux } from '../support/servers/influxdb.js';
import { requireServer, type Server } from '../support/servers/server.js';
import { allPoints, query } from '../support/servers/stores/influx-found.js';
import { until } from '../support/until.js';

const DATABASE = 'gated';

describe('InfluxExporter behind a gateway', function () {
  this.timeout(120_000);
  let server: Server;
  let gateway: AnsweringProxy;
  before(async function () {
    server = await requireServer(this, startInflux);
    gateway = await startAnsweringProxy(server.url);
  });
  after(async () => {
    await gateway?.close();
    if (server !== undefined) await query(server.url, `DROP DATABASE ${DATABASE}`);
    await server?.stop();
  });

  for (const [status, body, type, word] of [
    [200, '<h1>Sign in</h1>', 'text/html', 'Sign in'],
    [200, '{"status":"healthy"}', 'application/json', 'healthy'],
    [202, 'queued', 'text/plain', 'queued'],
    [400, '{"error":"Bad Request"}', 'application/json', 'Bad Request'],
    [404, 'default backend - 404', 'text/plain', 'default backend'],
    [405, '', 'text/plain', '405'],
    [422, '{"code":"denied","message":"by policy"}', 'application/json', 'by policy'],
  ] as const) {
    it(`loses nothing while it answers ${status} ${body}`, async () => {
      await query(server.url, `DROP DATABASE ${DATABASE}`);
      const options = { connectionUrl: gateway.url, database: DATABASE, timeout: 30 };
      const exporter = new InfluxExporter(options);
      gateway.answer({ status, body, headers: { 'content-type': type } });
      exporter[INTERNALS].accept(plainReports(3));
      await until(() => exporter.fault !== undefined);
      expect(exporter.fault).to.have.property('message').that.includes(word);
      expect(exporter.ledger()).to.deep.include({ pending: 3, rejected: {}, dropped: {} });
      gateway.open();
      await exporter.forceFlush();
      await exporter.shutdown();
      expect(await allPoints(server.url, DATABASE)).to.have.lengthOf(3);
    });
  }
});
