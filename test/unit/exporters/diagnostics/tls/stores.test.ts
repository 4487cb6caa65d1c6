import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { INTERNALS } from '../../../../../exporters/delivery/internals.js';
import type { ReportExporter } from '../../../../../exporters/report-exporter.js';
import { InfluxExporter } from '../../../../../exporters/stores/influxdb/index.js';
import { MongoExporter } from '../../../../../exporters/stores/mongodb/index.js';
import { plainReports } from '../../../../conformance/suites/exporter.js';
import { objections as objectionsTo } from '../../../../support/influxdb/write-request.js';
import { UnsettledRethinkExporter } from '../../../../support/rethinkdb/exporter.js';
import { type RethinkStandIn, startStandIn } from '../../../../support/rethinkdb/wire.js';
import { certificate, tlsFront } from '../../../../support/tls/front.js';

describe('Stores behind TLS', () => {
  let influx: Server;
  const objected: string[] = [];
  const written: string[] = [];
  let rethink: RethinkStandIn;
  const fronts: { port: number; close(): void }[] = [];
  before(async () => {
    influx = createServer(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += chunk;
      const isPing = request.method === 'GET' && request.url === '/ping';
      const objections = isPing ? [] : objectionsTo(request, body);
      objected.push(...objections);
      if (!isPing) written.push(...body.split('\n'));
      response.writeHead(objections.length > 0 ? 418 : 204).end();
    });
    await new Promise<void>((resolve) => influx.listen(0, '127.0.0.1', resolve));
    rethink = await startStandIn('right');
    for (const port of [(influx.address() as AddressInfo).port, rethink.port])
      fronts.push(await tlsFront(port));
  });
  after(async () => {
    for (const front of fronts) front.close();
    influx.close();
    await rethink.close();
    expect(objected).to.deep.equal([]);
  });

  const trusting = (tls: boolean | { ca: Buffer }): Record<string, ReportExporter> => ({
    InfluxDB: new InfluxExporter({ host: 'localhost', port: fronts[0]!.port, timeout: 30, tls }),
    'InfluxDB by URL': new InfluxExporter({
      connectionUrl: `https+influxdb://localhost:${fronts[0]!.port}/k`,
      timeout: 30,
      tls,
    }),
    RethinkDB: new UnsettledRethinkExporter({
      host: 'localhost',
      port: fronts[1]!.port,
      password: 'right',
      timeout: 30,
      tls,
    }),
  });

  it('are written to when their certificate is trusted', async () => {
    for (const [name, exporter] of Object.entries(trusting({ ca: certificate }))) {
      expect(await exporter[INTERNALS].deliver(plainReports(2)), name).to.deep.equal([
        'stored',
        'stored',
      ]);
      await exporter.shutdown();
    }
    expect(written).to.have.lengthOf(4);
  });

  it('are not written to when it is not, MongoDB neither, and the reason and its remedy are said', async () => {
    const mongo = new MongoExporter({
      host: 'localhost',
      port: fronts[0]!.port,
      timeout: 2_000,
      tls: true,
    });
    for (const [name, exporter] of Object.entries({ ...trusting(true), MongoDB: mongo })) {
      expect(await exporter[INTERNALS].deliver(plainReports(1)), name).to.deep.equal(['retry']);
      expect(exporter.fault, name).to.have.property('code', 'KANEDA_IMPROPERLY_CONFIGURED');
      expect(exporter.fault?.message, name)
        .to.include('self-signed certificate')
        .and.to.include('NODE_EXTRA_CA_CERTS');
      await exporter.shutdown();
    }
  });
});
