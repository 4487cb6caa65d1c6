import { expect } from 'chai';
import { INTERNALS } from '../../../exporters/delivery/internals.js';
import { InfluxExporter } from '../../../exporters/stores/influxdb/index.js';
import { describeExporter, plainReports } from '../../conformance/suites/exporter.js';
import { describeReading } from '../../conformance/suites/reading.js';
import { INFLUXDB_2, startInflux2 } from '../../support/servers/influxdb2.js';
import { outages } from '../../support/servers/outages.js';
import { requireServer, type Server } from '../../support/servers/server.js';
import {
  type Account,
  allPoints,
  foundAmong,
  TYPE_CONFLICT,
} from '../../support/servers/stores/influx-found.js';

/** InfluxDB 2 takes a token as anybody's password. */
const ACCOUNT: Account = { username: 'admin', password: INFLUXDB_2.token };
let server: Server;
const points = () => allPoints(server.url, INFLUXDB_2.bucket, ACCOUNT);

async function clear(): Promise<void> {
  const { org, bucket, token } = INFLUXDB_2;
  const answer = await fetch(`${server.url}/api/v2/delete?org=${org}&bucket=${bucket}`, {
    method: 'POST',
    headers: { authorization: `Token ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ start: '1970-01-01T00:00:00Z', stop: '2200-01-01T00:00:00Z' }),
  });
  expect(answer.status).to.equal(204);
}

describeExporter('InfluxExporter on InfluxDB 2.8', {
  start: async (context) => {
    server = await requireServer(context, startInflux2, { own: true });
  },
  clear,
  make: (given) => new InfluxExporter({ url: server.url, timeout: 5, ...INFLUXDB_2, ...given }),
  stored: async (sent) => foundAmong(await points(), sent),
  ...outages(() => server),
  bad: [TYPE_CONFLICT],
});

describeReading('InfluxExporter on InfluxDB 2.8', {
  start: async (context) => {
    server = await requireServer(context, startInflux2, { own: true });
  },
  stop: () => server?.stop(),
  make: (place) => {
    // A bucket for each place: the server's own one is the suite's first.
    return new InfluxExporter({ url: server.url, timeout: 5, ...INFLUXDB_2, bucket: place });
  },
  prepare: async (place) => {
    const { org, token } = INFLUXDB_2;
    const headers = { authorization: `Token ${token}`, 'content-type': 'application/json' };
    const orgs = await fetch(`${server.url}/api/v2/orgs?org=${org}`, { headers });
    const [{ id }] = ((await orgs.json()) as { orgs: [{ id: string }] }).orgs;
    await fetch(`${server.url}/api/v2/buckets`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ orgID: id, name: place }),
    });
  },
  lost: ({ unit: _, ...report }) => report,
  hasIds: false,
  missing: /correct database or bucket/,
});

describe('InfluxExporter on InfluxDB 2.8', () => {
  before(async function () {
    server = await requireServer(this, startInflux2, { own: true });
  });
  after(() => server?.stop());

  const account = { username: ACCOUNT.username, password: ACCOUNT.password };
  const cases: [string, () => InfluxExporter, RegExp][] = [
    [
      "InfluxDB 1's options have no mapping",
      () => new InfluxExporter({ connectionUrl: server.url, timeout: 5, ...account }),
      /not implemented: CREATE DATABASE.*url, org, token and bucket.*influx v1 dbrp create --db kaneda/,
    ],
    [
      'the bucket is missing',
      () => new InfluxExporter({ url: server.url, timeout: 5, ...INFLUXDB_2, bucket: 'none' }),
      /influx bucket create --org 'o' --name 'none'/,
    ],
    [
      'the token is wrong',
      () => new InfluxExporter({ url: server.url, timeout: 5, ...INFLUXDB_2, token: 'wrong' }),
      /unauthorized access.*correct token/,
    ],
    [
      'the options are for InfluxDB 3',
      () => new InfluxExporter({ url: server.url, timeout: 5, token: INFLUXDB_2.token }),
      /for InfluxDB 2 pass org/,
    ],
  ];
  for (const [what, make, message] of cases) {
    it(`keeps its reports and names the remedy when ${what}`, async () => {
      const exporter = make();
      expect(await exporter[INTERNALS].deliver(plainReports(2))).to.deep.equal(['retry', 'retry']);
      expect(exporter.fault).to.include({ code: 'KANEDA_IMPROPERLY_CONFIGURED' });
      expect(exporter.fault!.message).to.match(message);
      await exporter.shutdown();
    });
  }

  it("writes by InfluxDB 1's interface into a bucket that is mapped", async () => {
    const database = INFLUXDB_2.bucket;
    const exporter = new InfluxExporter({
      connectionUrl: server.url,
      timeout: 5,
      database,
      ...account,
    });
    const sent = plainReports(3);
    expect(await exporter[INTERNALS].deliver(sent)).to.deep.equal(['stored', 'stored', 'stored']);
    expect(foundAmong(await points(), sent).map(({ id }) => id)).to.have.members(
      sent.map(({ id }) => id),
    );
    await exporter.shutdown();
  });
});
