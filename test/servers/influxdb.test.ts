import { hostname } from 'node:os';
import { expect } from 'chai';
import fc from 'fast-check';
import * as influx from 'influx';
import { INTERNALS } from '../../exporters/delivery/internals.js';
import { percentileOf } from '../../exporters/reading/percentile-of.js';
import type { Report } from '../../exporters/reports/report.js';
import {
  InfluxExporter,
  type InfluxExporterOptions,
} from '../../exporters/stores/influxdb/index.js';
import { identifier } from '../../exporters/stores/influxdb/setup.js';
import { Metrics } from '../../src/index.js';
import {
  describeExporter,
  type ExporterHarness,
  plainReports,
} from '../conformance/suites/exporter.js';
import { describeFailures } from '../conformance/suites/store-failures.js';
import { startInflux } from '../support/servers/influxdb.js';
import { outages } from '../support/servers/outages.js';
import { requireServer, type Server } from '../support/servers/server.js';
import {
  type Account,
  allPoints,
  foundAmong,
  query,
  TYPE_CONFLICT,
} from '../support/servers/stores/influx-found.js';
import { hostileText, randomReport } from '../support/servers/stores/random.js';

const harness = (options: InfluxExporterOptions): ExporterHarness => {
  let server: Server;
  return {
    start: async (context) => {
      server = await requireServer(context, startInflux, { own: true });
    },
    clear: async () => {
      await query(server.url, 'DROP DATABASE kaneda');
    },
    make: (given) =>
      new InfluxExporter({ connectionUrl: server.url, timeout: 5, ...options, ...given }),
    stored: async (sent) => foundAmong(await allPoints(server.url, 'kaneda'), sent),
    ...outages(() => server),
    bad: [
      TYPE_CONFLICT,
      {
        what: 'tag with a backslash at its end',
        spoil: (report) => ({ ...report, tags: { path: 'C:\\' } }),
      },
      {
        what: 'time beyond nanoseconds',
        spoil: (report) => ({ ...report, timestamp: new Date(8.64e15) }),
      },
    ],
  };
};

describeExporter('InfluxExporter', harness({}));
describeExporter('InfluxExporter with names as tags', harness({ nameAsTag: true }));

const ADMIN: Account = { username: 'admin', password: 'adm1n' };
let guarded: Server;

describeFailures('InfluxExporter', {
  start: async (context) => {
    guarded = await requireServer(context, startInflux, { own: true, password: ADMIN.password });
    return guarded;
  },
  make: (connectionUrl, options, account) =>
    new InfluxExporter({
      connectionUrl,
      timeout: 5,
      username: account?.user ?? ADMIN.username,
      password: account?.password ?? ADMIN.password,
      ...options,
    }),
  program: {
    module: 'exporters/stores/influxdb/index.ts',
    exporter: 'InfluxExporter',
    options: (connectionUrl) => ({ connectionUrl, timeout: 5, ...ADMIN }),
  },
  stored: async (sent) => foundAmong(await allPoints(guarded.url, 'kaneda', ADMIN), sent),
  drop: async () => {
    await query(guarded.url, 'DROP DATABASE kaneda', '', ADMIN);
  },
  powerless: async () => {
    await query(guarded.url, "CREATE USER powerless WITH PASSWORD 'p0wer'", '', ADMIN);
    return { user: 'powerless', password: 'p0wer' };
  },
  remedy: /an administrator runs GRANT WRITE ON "kaneda" TO "powerless"/,
});

describe('InfluxExporter beside fields of others', () => {
  let server: Server;
  before(async function () {
    server = await requireServer(this, startInflux, { own: true });
  });
  after(() => server?.stop());

  it('stores every report without the fields that others have with another type, and tells it once', async () => {
    await query(server.url, 'CREATE DATABASE shared');
    const foreign = 'timing,host=x instance=1,distribution=2.5\ngauge,host=x instance=true';
    await fetch(`${server.url}/write?db=shared`, { method: 'POST', body: foreign });
    const told: string[] = [];
    const exporter = new InfluxExporter({
      connectionUrl: server.url,
      timeout: 5,
      database: 'shared',
      onProblem: ({ message }) => void told.push(message),
    });
    const whole = plainReports(30).map((report, i) => ({
      ...report,
      metric: ['gauge', 'timing', 'counter'][i % 3]!,
      value: i,
      instance: `web-${i % 2}:1`,
      ...(i % 3 === 1 ? { distribution: { bounds: [], counts: [i] } } : {}),
    }));
    exporter[INTERNALS].accept(whole);
    await exporter.forceFlush();
    expect(exporter.ledger()).to.deep.include({ stored: 30, rejected: {} });
    await exporter.shutdown();
    const rows = (await allPoints(server.url, 'shared')).filter(({ host }) => host !== 'x');
    const found = foundAmong(rows, whole).map(({ id, value }) => [id, value]);
    expect(found).to.have.deep.members(whole.map(({ id, value }) => [id, value]));
    const counters = rows.filter(({ measurement }) => measurement === 'counter');
    expect(new Set(counters.map((row) => row.instance))).to.deep.equal(
      new Set(['web-0:1', 'web-1:1']),
    );
    expect(told).to.have.lengthOf(3);
    for (const field of ['"instance"', '"distribution"', '"gauge"', '"timing"'])
      expect(told.join('\n')).to.include(field);
  });

  it('stores the buckets of a timing and the process of each report, which come back as they were', async () => {
    const exporter = new InfluxExporter({ connectionUrl: server.url, timeout: 5 });
    const metrics = new Metrics({ backend: exporter });
    for (let i = 1; i <= 100; i++) metrics.timing('took', i / 100);
    metrics.event('deploy', 'now');
    await metrics.close();
    const [timing, event] = (await allPoints(server.url, 'kaneda')).sort((a, b) =>
      b.measurement.localeCompare(a.measurement),
    );
    expect(timing).to.include({ value: 0.505, instance: `${hostname()}:${process.pid}` });
    expect(event).to.include({ instance: `${hostname()}:${process.pid}` });
    const distribution = JSON.parse(String(timing!.distribution));
    expect(percentileOf(distribution, 0.95)).to.be.closeTo(0.95, 0.02);
  });
});

/** Line protocol has no escape for these: they come back as two characters. */
const CONTROLS: Readonly<Record<string, string>> = {
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\0': '\\0',
};
const spelt = (text: string): string =>
  text.replace(/[\n\r\t\0]/g, (control) => CONTROLS[control]!);
const RESERVED = [
  '',
  'host',
  'name',
  'app_name',
  'value',
  'time',
  'timestamp',
  '_field',
  '_measurement',
];

function tagsOf({ tags, host, fields }: Report): Record<string, string> {
  if (Array.isArray(tags))
    return tags.length === 0 ? { host } : { host, tags: spelt([...tags].sort().join(',')) };
  const labels = Object.entries(tags!).map(([key, value]) => [
    spelt(RESERVED.includes(key) || Object.hasOwn(fields!, key) ? `tag_${key}` : key),
    spelt(String(value)),
  ]);
  return { host, ...Object.fromEntries(labels) };
}

const fieldsOf = ({ fields, name }: Report): Record<string, unknown> => ({
  ...Object.fromEntries(Object.entries(fields!).map(([key, value]) => [spelt(key), value])),
  name,
});

describe('InfluxExporter', function () {
  this.timeout(120_000);
  let plain: Server;
  before(async function () {
    plain = await requireServer(this, startInflux, {});
  });
  after(() => plain?.stop());

  it('learns which fields are integers, and rejects only the numbers that are none', async () => {
    await query(plain.url, 'DROP DATABASE whole; CREATE DATABASE whole');
    const seed = await fetch(`${plain.url}/write?db=whole`, {
      method: 'POST',
      body: 'gauge,host=kaneda name="old",value=7i',
    });
    expect(seed.status).to.equal(204);
    const exporter = new InfluxExporter({
      connectionUrl: plain.url,
      timeout: 5,
      database: 'whole',
    });
    const sent = plainReports(100);
    sent[40]!.value = 0.5;
    const outcomes = await exporter[INTERNALS].deliver(sent);
    expect(outcomes[40])
      .to.have.property('rejected')
      .that.includes('type float, already exists as type integer');
    expect(outcomes.filter((outcome) => outcome === 'stored')).to.have.lengthOf(99);
    expect(await exporter[INTERNALS].deliver(plainReports(3))).to.deep.equal([
      'stored',
      'stored',
      'stored',
    ]);
    expect(foundAmong(await allPoints(plain.url, 'whole'), sent)).to.have.lengthOf(1 + 99 + 3);
    await exporter.shutdown();
  });

  it('unlearns when the field is a float after all, and writes integers where they are wanted', async () => {
    await query(plain.url, 'DROP DATABASE mixed');
    const exporter = new InfluxExporter({
      connectionUrl: plain.url,
      timeout: 5,
      database: 'mixed',
      integerFields: ['value'],
    });
    expect(await exporter[INTERNALS].deliver(plainReports(2))).to.deep.equal(['stored', 'stored']);
    const [field] = await query(plain.url, 'SHOW FIELD KEYS FROM gauge', 'mixed').then((rows) =>
      rows.filter((row) => row.fieldKey === 'value'),
    );
    expect(field).to.include({ fieldType: 'integer' });
    await query(plain.url, 'DROP MEASUREMENT gauge', 'mixed');
    const seed = await fetch(`${plain.url}/write?db=mixed`, {
      method: 'POST',
      body: 'gauge,host=kaneda name="old",value=7',
    });
    expect(seed.status).to.equal(204);
    expect(await exporter[INTERNALS].deliver(plainReports(2))).to.deep.equal(['stored', 'stored']);
    await exporter.shutdown();
  });

  it('rejects what is older than the retention policy, and names a policy that is missing', async () => {
    await query(
      plain.url,
      'CREATE DATABASE kept; CREATE RETENTION POLICY hour ON kept DURATION 1h REPLICATION 1',
    );
    const exporter = new InfluxExporter({
      connectionUrl: plain.url,
      timeout: 5,
      database: 'kept',
      retentionPolicy: 'hour',
    });
    const [fresh, ...old] = plainReports(20);
    const outcomes = await exporter[INTERNALS].deliver([
      fresh!,
      ...old.map((report) => ({
        ...report,
        timestamp: new Date(report.timestamp.getTime() - 864e5),
      })),
    ]);
    expect(outcomes[0]).to.equal('stored');
    for (const outcome of outcomes.slice(1))
      expect(outcome).to.deep.equal({ rejected: 'points beyond retention policy' });
    await exporter.shutdown();
    const other = new InfluxExporter({
      connectionUrl: plain.url,
      timeout: 5,
      database: 'kept',
      retentionPolicy: 'year',
    });
    expect(await other[INTERNALS].deliver(plainReports(1))).to.deep.equal(['retry']);
    expect(other.fault).to.include({ code: 'KANEDA_IMPROPERLY_CONFIGURED' });
    expect(other.fault!.message).to.include('CREATE RETENTION POLICY "year" ON "kept"');
    await other.shutdown();
  });

  it('writes where a given client of the package influx would', async () => {
    const { hostname, port } = new URL(plain.url);
    const client = new influx.InfluxDB({
      host: hostname,
      port: Number(port),
      database: 'of_client',
    });
    const exporter = new InfluxExporter({ client, timeout: 5 });
    expect(await exporter[INTERNALS].deliver(plainReports(2))).to.deep.equal(['stored', 'stored']);
    expect(await allPoints(plain.url, 'of_client')).to.have.lengthOf(2);
    await exporter.shutdown();
  });

  it('reads back what it wrote, whatever that is, and rejects what line protocol cannot express', async () => {
    const exporter = new InfluxExporter({
      connectionUrl: plain.url,
      timeout: 5,
      database: 'random',
    });
    let count = 0;
    // A measurement of its own for each, so that no two fields disagree about their type.
    const report = fc
      .tuple(randomReport({ flat: true }), hostileText)
      .map(([one, text]) => ({ ...one, metric: `m${count++}${text}` }));
    await fc.assert(
      fc.asyncProperty(fc.array(report, { minLength: 1, maxLength: 15 }), async (sent) => {
        const outcomes = await exporter[INTERNALS].deliver(sent);
        for (const [i, outcome] of outcomes.entries()) {
          const one = sent[i]!;
          if (outcome !== 'stored') {
            expect(outcome)
              .to.have.property('rejected')
              .that.matches(/backslash/);
            expect(JSON.stringify([one.metric, Object.keys(one.fields!), tagsOf(one)])).to.include(
              '\\\\',
            );
            continue;
          }
          const rows = await query(
            plain.url,
            `SELECT * FROM ${identifier(spelt(one.metric))} GROUP BY *`,
            'random',
          );
          expect(rows, JSON.stringify(one)).to.have.lengthOf(1);
          const { measurement, time: _, ...found } = rows[0]!;
          const wanted = { ...fieldsOf(one), ...tagsOf(one) };
          expect(measurement).to.equal(spelt(one.metric));
          expect(found, JSON.stringify(one)).to.include(wanted);
        }
      }),
      { numRuns: 60 },
    );
    await exporter.shutdown();
  });
});
