import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { nanoseconds } from '../../exporters/stores/influxdb/documents.js';
import { startElasticsearch } from '../support/servers/elasticsearch.js';
import { startMongo } from '../support/servers/ferretdb.js';
import { startInflux } from '../support/servers/influxdb.js';
import { startRethink } from '../support/servers/rethinkdb.js';
import type { Server } from '../support/servers/server.js';
import { allPoints, query } from '../support/servers/stores/influx-found.js';

import { COUNTER, type StoredCount } from './load.js';

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
  /** What it has of the counters, a report each. */
  counted(url: string, folder: string): Promise<readonly StoredCount[]>;
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
  found: async (url) => (await elasticHits(url, false)).map(({ _id }) => _id),
  counted: async (url) =>
    (await elasticHits(url, true)).flatMap(({ _source }) =>
      countIn({ ..._source, tags: _source?.labels }),
    ),
};

interface Hit {
  readonly _id: string;
  readonly _source?: Document;
}

async function elasticHits(url: string, _source: boolean): Promise<Hit[]> {
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
    return (await answer.json()) as { _scroll_id: string; hits: { hits: Hit[] } };
  };
  const hits: Hit[] = [];
  let page = await ask('/chaos-*/_search?scroll=2m', {
    size: 10_000,
    _source,
    sort: ['_doc'],
  });
  while (page.hits.hits.length > 0) {
    hits.push(...page.hits.hits);
    page = await ask('/_search/scroll', { scroll: '2m', scroll_id: page._scroll_id });
  }
  return hits;
}

/** A report as the stores have it: fields beside the name, tags in an object. */
interface Document {
  readonly name?: string;
  readonly value?: unknown;
  readonly tags?: unknown;
  /** Elasticsearch's name for tags with keys. */
  readonly labels?: unknown;
}

/** The document of a counter as a count; nothing for others. */
function countIn({ name, value, tags }: Document): StoredCount[] {
  if (name !== COUNTER) return [];
  const { run, who } = tags as Omit<StoredCount, 'value'>;
  return [{ run, who, value: value as number }];
}

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
  async counted(url) {
    const { MongoClient } = await import('mongodb');
    const client = new MongoClient(url);
    const documents = await client.db('kaneda').collection<Document>('default').find().toArray();
    await client.close();
    return documents.flatMap(countIn);
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
  async counted(url) {
    const rows = await allPoints(url, 'kaneda');
    return rows.flatMap(({ name, name_1, value, run, who }) =>
      countIn({ name: String(name ?? name_1), value, tags: { run, who } }),
    );
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
  async counted(url) {
    const r = createRequire(import.meta.url)('rethinkdb') as typeof import('rethinkdb');
    const connection = await r.connect({ host: '127.0.0.1', port: Number(new URL(url).port) });
    const cursor = await r.db('chaos').table('counter').run(connection);
    const documents = (await cursor.toArray()) as Document[];
    await connection.close();
    return documents.flatMap(countIn);
  },
};

const logger: ChaosStore = {
  start: async () => undefined,
  program: (_url, folder) => ({
    module: 'exporters/stores/logger/index.ts',
    exporter: 'LoggerExporter',
    options: { filename: join(folder, 'reports.log') },
  }),
  found: async (_url, folder) => linesOf(folder).map(({ id }) => id),
  async counted(_url, folder) {
    // What was written twice counts once here: the ids tell.
    const once = new Map(linesOf(folder).map((line) => [line.id, line]));
    return [...once.values()].flatMap(countIn);
  },
  atLeastOnce: true,
};

function linesOf(folder: string): (Document & { id: string })[] {
  const file = join(folder, 'reports.log');
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
  // A line that was being written when the application died is no report.
  return lines.flatMap((line) => {
    try {
      return [JSON.parse(line) as Document & { id: string }];
    } catch {
      return [];
    }
  });
}

/** The stores that chaos can be brought upon. */
export const STORES: Readonly<Record<string, ChaosStore>> = {
  elasticsearch,
  mongodb,
  influxdb,
  rethinkdb,
  logger,
};
