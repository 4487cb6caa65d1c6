import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { nanoseconds } from '../../exporters/stores/influxdb/line-protocol.js';
import { startElasticsearch } from '../support/servers/elasticsearch.js';
import { startMongo } from '../support/servers/ferretdb.js';
import { startInflux } from '../support/servers/influxdb.js';
import { startRethink } from '../support/servers/rethinkdb.js';
import type { Server } from '../support/servers/server.js';
import { query } from '../support/servers/stores/influx-found.js';

/** A report that was acknowledged by the outbox. */
export interface Acknowledged {
  readonly id: string;
  readonly time: number;
}

/** How one store takes part. */
export interface ChaosStore {
  /** The store as a process that may be killed; nothing when it is a file. */
  start(): Promise<Server | undefined>;
  /** What the application runs. @param folder its own */
  program(url: string, folder: string): { module: string; exporter: string; options: object };
  /** How often the store has each of them: by default the ids that were found, repeats included. */
  found(
    url: string,
    folder: string,
    acknowledged: readonly Acknowledged[],
  ): Promise<readonly string[]>;
  /** It cannot know what it has already: repeats are counted and allowed. */
  readonly atLeastOnce?: boolean;
}

const OWN = { own: true };

const elasticsearch: ChaosStore = {
  start: () => startElasticsearch(OWN),
  program: (connectionUrl) => ({
    module: 'exporters/stores/elasticsearch/index.ts',
    exporter: 'ElasticsearchExporter',
    options: { connectionUrl, indexName: 'chaos', timeout: 5 },
  }),
  async found(url) {
    const refreshed = await fetch(`${url}/chaos-*/_refresh`, { method: 'POST' });
    if (!refreshed.ok)
      throw new Error(`Elasticsearch answers ${refreshed.status}: ${await refreshed.text()}`);
    const ask = async (path: string, body: object) => {
      const answer = await fetch(`${url}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      if (!answer.ok)
        throw new Error(`Elasticsearch answers ${answer.status}: ${await answer.text()}`);
      return (await answer.json()) as { _scroll_id: string; hits: { hits: { _id: string }[] } };
    };
    const ids: string[] = [];
    let page = await ask('/chaos-*/_search?scroll=2m', {
      size: 10_000,
      _source: false,
      sort: ['_doc'],
    });
    while (page.hits.hits.length > 0) {
      ids.push(...page.hits.hits.map(({ _id }) => _id));
      page = await ask('/_search/scroll', { scroll: '2m', scroll_id: page._scroll_id });
    }
    return ids;
  },
};

const mongodb: ChaosStore = {
  start: () => startMongo(OWN),
  program: (connectionUrl) => ({
    module: 'exporters/stores/mongodb/index.ts',
    exporter: 'MongoExporter',
    options: { connectionUrl, timeout: 1_000 },
  }),
  async found(url) {
    const { MongoClient } = await import('mongodb');
    const client = new MongoClient(url);
    const cursor = client
      .db('kaneda')
      .collection<{ _id: string }>('default')
      .find({}, { projection: { _id: 1 } });
    const ids = (await cursor.toArray()).map(({ _id }) => _id);
    await client.close();
    return ids;
  },
};

const influxdb: ChaosStore = {
  start: () => startInflux(OWN),
  program: (connectionUrl) => ({
    module: 'exporters/stores/influxdb/index.ts',
    exporter: 'InfluxExporter',
    options: { connectionUrl, timeout: 1 },
  }),
  // No id is stored: a point is known by its nanosecond, and one nanosecond is one point.
  async found(url, _folder, acknowledged) {
    const ids = new Map(
      acknowledged.map(({ id, time }) => [nanoseconds({ id, timestamp: new Date(time) }), id]),
    );
    const rows = await query(url, 'SELECT value FROM gauge', 'kaneda');
    return rows.map(({ time }) => ids.get(time) ?? time);
  },
};

const rethinkdb: ChaosStore = {
  start: () => startRethink(OWN),
  program: (url) => ({
    module: 'exporters/stores/rethinkdb/index.ts',
    exporter: 'RethinkExporter',
    options: { host: '127.0.0.1', port: Number(new URL(url).port), db: 'chaos', timeout: 1 },
  }),
  async found(url) {
    const r = createRequire(import.meta.url)('rethinkdb') as typeof import('rethinkdb');
    const connection = await r.connect({ host: '127.0.0.1', port: Number(new URL(url).port) });
    const cursor = await r.db('chaos').table('gauge').run(connection);
    const ids = ((await cursor.toArray()) as { id: string }[]).map(({ id }) => id);
    await connection.close();
    return ids;
  },
};

const logger: ChaosStore = {
  start: async () => undefined,
  program: (_url, folder) => ({
    module: 'exporters/stores/logger/index.ts',
    exporter: 'LoggerExporter',
    options: { filename: join(folder, 'reports.log') },
  }),
  async found(_url, folder) {
    const file = join(folder, 'reports.log');
    const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
    // A line that was being written when the application died is no report.
    return lines.flatMap((line) => {
      try {
        return [(JSON.parse(line) as { id: string }).id];
      } catch {
        return [];
      }
    });
  },
  atLeastOnce: true,
};

/** The stores that chaos can be brought upon. */
export const STORES: Readonly<Record<string, ChaosStore>> = {
  elasticsearch,
  mongodb,
  influxdb,
  rethinkdb,
  logger,
};
