import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { expect } from 'chai';
import { MongoClient } from 'mongodb';
import { INTERNALS } from '../../exporters/delivery/internals.js';
import * as bullmq from '../../exporters/queues/bullmq/message.js';
import type { ExporterOptions, ReportExporter } from '../../exporters/report-exporter.js';
import type { Report } from '../../exporters/reports/report.js';
import { ElasticsearchExporter } from '../../exporters/stores/elasticsearch/index.js';
import { InfluxExporter } from '../../exporters/stores/influxdb/index.js';
import { MongoExporter } from '../../exporters/stores/mongodb/index.js';
import { Metrics } from '../../src/index.js';
import { ControlledDate } from '../support/date.js';
import { OverwritingStore } from '../support/overwriting-store.js';
import { directory } from '../support/places.js';
import { startElasticsearch } from '../support/servers/elasticsearch.js';
import { startMongo } from '../support/servers/ferretdb.js';
import { startInflux } from '../support/servers/influxdb.js';
import { requireServer, type Server, type ServerOptions } from '../support/servers/server.js';
import { allDocuments, forget, reader } from '../support/servers/stores/elastic-found.js';
import { allPoints, query } from '../support/servers/stores/influx-found.js';

interface Store {
  readonly start: (options?: ServerOptions) => Promise<Server>;
  make(url: string, more?: ExporterOptions): ReportExporter;
  clear(url: string): Promise<unknown>;
  /** How many reports the store has. */
  count(url: string): Promise<number>;
}

const NAME = 'one_id_each';
const HOUR_MS = 3_600_000;
/** More than two parts of a collection. */
const SERIES = 5_000;

async function inMongo<T>(url: string, ask: (client: MongoClient) => Promise<T>): Promise<T> {
  const client = new MongoClient(url);
  try {
    return await ask(client);
  } finally {
    await client.close();
  }
}

const STORES: Readonly<Record<string, Store>> = {
  InfluxDB: {
    start: startInflux,
    make: (connectionUrl, more) => new InfluxExporter({ connectionUrl, database: NAME, ...more }),
    clear: (url) => query(url, `DROP DATABASE ${NAME}`),
    count: async (url) => (await allPoints(url, NAME)).length,
  },
  MongoDB: {
    start: startMongo,
    make: (connectionUrl, more) => new MongoExporter({ connectionUrl, dbName: NAME, ...more }),
    clear: (url) => inMongo(url, (client) => client.db(NAME).dropDatabase()),
    count: (url) =>
      inMongo(url, (client) => client.db(NAME).collection('default').countDocuments()),
  },
  Elasticsearch: {
    start: startElasticsearch,
    make: (connectionUrl, more) =>
      new ElasticsearchExporter({ connectionUrl, indexName: NAME, ...more }),
    clear: (url) => forget(reader(url), NAME),
    count: async (url) => (await allDocuments(reader(url), NAME)).length,
  },
};

for (const [name, store] of Object.entries(STORES)) {
  describe(`${name} has each report once`, function () {
    this.timeout(120_000);
    let server: Server;
    const date = new ControlledDate();
    before(async function () {
      server = await requireServer(this, store.start);
    });
    beforeEach(() => store.clear(server.url));
    after(() => server?.stop());

    const metricsOn = (backend: ReportExporter): Metrics =>
      new Metrics({ backend, exportInterval: HOUR_MS });
    const expectStored = async (count: number): Promise<void> => {
      expect(await store.count(server.url)).to.equal(count);
    };

    it('when flushes follow each other at once', async () => {
      const metrics = metricsOn(store.make(server.url));
      for (let i = 0; i < 50; i++) {
        metrics.increment('x');
        await metrics.flush();
      }
      await metrics.close();
      await expectStored(50);
    });

    it('when several Metrics share an exporter, or have one each', async () => {
      const shared = store.make(server.url);
      const metrics = [shared, shared, store.make(server.url), store.make(server.url)].map(
        metricsOn,
      );
      for (let i = 0; i < 5; i++) {
        for (const one of metrics) one.increment('x');
        await Promise.all(metrics.map((one) => one.flush()));
      }
      await Promise.all(metrics.map((one) => one.close()));
      await expectStored(20);
    });

    it('when exporters of their own collect at the same moment, again and again', async () => {
      const metrics = Array.from(
        { length: 4 },
        () => new Metrics({ backend: store.make(server.url), exportInterval: 300 }),
      );
      for (let i = 0; i < 10; i++) {
        for (const one of metrics) one.increment('x');
        await sleep(100);
      }
      await Promise.all(metrics.map((one) => one.close()));
      const stored = metrics.map((one) => one.ledger().stored);
      await expectStored(stored.reduce((sum, one) => sum + one, 0));
    });

    it("when OpenTelemetry's own reader is flushed in a loop", async () => {
      const exporter = store.make(server.url);
      const provider = new MeterProvider({
        readers: [new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: HOUR_MS })],
      });
      const counter = provider.getMeter('m').createCounter('x');
      for (let i = 0; i < 30; i++) {
        counter.add(1);
        await provider.forceFlush();
      }
      await provider.shutdown();
      await expectStored(30);
    });

    it('when a collection has many parts, and an outbox with room for some of them', async () => {
      const metrics = metricsOn(store.make(server.url, { outbox: { maxBytes: 262_144 } }));
      for (let i = 0; i < SERIES; i++)
        metrics.increment('x', { a: i % 100, b: Math.floor(i / 100) });
      await metrics.close({ timeout: 60_000 });
      await expectStored(SERIES);
    });

    it('when providers that share an exporter shut down one after the other', async () => {
      const exporter = store.make(server.url);
      const exportIntervalMillis = HOUR_MS;
      const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis });
      const meters = new MeterProvider({ readers: [reader] });
      const loggers = new LoggerProvider({
        processors: [new BatchLogRecordProcessor({ exporter })],
      });
      meters.getMeter('m').createCounter('x').add(1);
      loggers.getLogger('l').emit({ body: 'before' });
      await loggers.shutdown();
      await meters.shutdown();
      await expectStored(2);
    });

    it('when the clock stands still', async () => {
      const metrics = metricsOn(store.make(server.url));
      date.install();
      try {
        date.freeze(Date.now());
        for (let i = 0; i < 4; i++) {
          metrics.increment('x');
          metrics.event('x', 'text');
          await metrics.flush();
        }
      } finally {
        date.restore();
      }
      await metrics.close();
      await expectStored(8);
    });

    it('when a batch comes again, from an exporter, from a queue and from an outbox on disk', async () => {
      const reports = await recorded();
      const [sender, worker] = [store.make(server.url), store.make(server.url)];
      sender[INTERNALS].accept(reports);
      await sender.forceFlush();
      const carried = reports.map((report) => {
        const job = bullmq.jobOf(report);
        return bullmq.readJob(bullmq.JOB_NAME, JSON.parse(JSON.stringify(job.data)));
      });
      for (const again of [reports, carried, carried])
        expect(await worker[INTERNALS].deliver(again)).to.deep.equal(again.map(() => 'stored'));
      await Promise.all([sender, worker].map((one) => one.shutdown()));
      const place = directory();
      for (const copy of await spooledTwice(reports, place.path)) {
        const replaying = store.make(server.url, { outbox: { directory: copy } });
        await replaying.forceFlush();
        expect(replaying.ledger()).to.include({ stored: reports.length });
        await replaying.shutdown();
      }
      place.discard();
      await expectStored(reports.length);
    });

    /** Data points of one collection and events, as an exporter makes them. */
    async function recorded(): Promise<Report[]> {
      const made = new OverwritingStore();
      const metrics = metricsOn(made);
      for (let user = 0; user < 20; user++) metrics.increment('x', { user });
      for (let i = 0; i < 20; i++) metrics.event('x', 'text');
      await metrics.close();
      return [...made.byId.values()];
    }

    /** Two copies of an outbox of an exporter that reached no store. */
    async function spooledTwice(reports: readonly Report[], folder: string): Promise<string[]> {
      const [first, second] = [join(folder, 'a'), join(folder, 'b')];
      const away = store.make(server.url.replace(/:\d+/, ':9'), { outbox: { directory: first } });
      away[INTERNALS].accept(reports);
      await away.shutdown({ timeout: 500 });
      expect(away.ledger()).to.include({ stored: 0, pending: reports.length });
      cpSync(first, second, { recursive: true });
      return [first, second];
    }
  });
}
