import { expect } from 'chai';
import { INTERNALS } from '../../../exporters/delivery/internals.js';
import { InfluxExporter } from '../../../exporters/stores/influxdb/index.js';
import { describeExporter, plainReports } from '../../conformance/suites/exporter.js';
import { type InfluxOptions, startInflux } from '../../support/servers/influxdb.js';
import { outages } from '../../support/servers/outages.js';
import { requireServer, type Server } from '../../support/servers/server.js';
import {
  allPoints,
  foundAmong,
  query,
  TYPE_CONFLICT,
} from '../../support/servers/stores/influx-found.js';

const startLatest = (options: InfluxOptions = {}) => startInflux({ ...options, latest: true });
let server: Server;

describeExporter('InfluxExporter on InfluxDB 1.13', {
  start: async (context) => {
    server = await requireServer(context, startLatest, { own: true });
  },
  clear: async () => {
    await query(server.url, 'DROP DATABASE kaneda');
  },
  make: (given) => new InfluxExporter({ connectionUrl: server.url, timeout: 5, ...given }),
  stored: async (sent) => foundAmong(await allPoints(server.url, 'kaneda'), sent),
  ...outages(() => server),
  bad: [TYPE_CONFLICT],
});

describe('InfluxExporter on InfluxDB 1.13', () => {
  let latest: Server;
  before(async function () {
    latest = await requireServer(this, startLatest, { own: true });
  });
  after(() => latest?.stop());

  it('rejects old points under one reason that names no tag, in one request', async () => {
    await query(latest.url, 'CREATE DATABASE kept WITH DURATION 1h');
    const sent = plainReports(200).map((report, i) => ({
      ...report,
      tags: { secret: `s${i}` },
      timestamp: new Date(report.timestamp.getTime() - (i % 4 === 0 ? 0 : 864e5)),
    }));
    const asked = await requests(latest.url);
    const exporter = new InfluxExporter({
      connectionUrl: latest.url,
      timeout: 5,
      database: 'kept',
    });
    exporter[INTERNALS].accept(sent);
    await exporter.forceFlush();
    expect(exporter.ledger()).to.deep.include({
      stored: 50,
      rejected: { 'points beyond retention policy': 150 },
    });
    expect(await allPoints(latest.url, 'kept')).to.have.lengthOf(50);
    expect((await requests(latest.url)) - asked).to.equal(1);
    await exporter.shutdown();
  });

  it('writes by the interface of InfluxDB 2', async () => {
    await query(latest.url, 'CREATE DATABASE b');
    const exporter = new InfluxExporter({
      url: latest.url,
      timeout: 5,
      org: 'o',
      bucket: 'b',
      token: 'u:p',
    });
    expect(await exporter[INTERNALS].deliver(plainReports(2))).to.deep.equal(['stored', 'stored']);
    expect(await allPoints(latest.url, 'b')).to.have.lengthOf(2);
    await exporter.shutdown();
  });

  it('keeps its reports when the options are for InfluxDB 3', async () => {
    const exporter = new InfluxExporter({ url: latest.url, timeout: 5 });
    expect(await exporter[INTERNALS].deliver(plainReports(1))).to.deep.equal(['retry']);
    expect(exporter.fault).to.include({ code: 'KANEDA_IMPROPERLY_CONFIGURED' });
    expect(exporter.fault!.message).to.include('404 page not found');
    await exporter.shutdown();
  });
});

/** Writes that the server was asked for so far. */
async function requests(url: string): Promise<number> {
  const vars = (await (await fetch(`${url}/debug/vars`)).json()) as Record<
    string,
    { name?: string; values?: { writeReq?: number } }
  >;
  return Object.values(vars).find(({ name }) => name === 'httpd')?.values?.writeReq ?? 0;
}
