/**
 * What it costs to encode a report for a store, against `JSON.stringify` of the same document, made beforehand: an event, a counter with two
 * tags, a timing with its distribution and one without. Rounds in turns in one process, medians. MongoDB's documents are encoded by its driver:
 * what is measured is their making.
 *
 *     npx tsx bench/encode.ts
 */
import { newId } from '../exporters/reports/ids.js';
import { type Report, withoutDistribution } from '../exporters/reports/report.js';
import * as elasticsearch from '../exporters/stores/elasticsearch/documents.js';
import { encode } from '../exporters/stores/elasticsearch/encode.js';
import * as influxdb from '../exporters/stores/influxdb/documents.js';
import { encode as encodeLine } from '../exporters/stores/influxdb/encode.js';
import * as mongodb from '../exporters/stores/mongodb/documents.js';
import { print, type Racer, race } from './race.js';

const COUNT = 1_000;
const timestamp = new Date();
const common = { timestamp, host: 'bench', instance: 'bench:4711', appName: 'shop' };
const tags = (i: number) => ({ route: `/route/${i % 50}`, user: `user-${i}` });
const percentiles = { p50: 0.0121, p90: 0.043, p95: 0.0512, p99: 0.0834 };

const KINDS: Record<string, (i: number) => Report> = {
  event: (i) => ({
    id: newId(),
    name: 'bench.event',
    metric: 'event',
    value: `text ${i}`,
    ...common,
  }),
  counter: (i) => ({
    id: newId(),
    name: 'bench.requests',
    metric: 'counter',
    value: i + 1,
    tags: tags(i),
    ...common,
    startTimestamp: timestamp,
  }),
  timing: (i) => ({
    id: newId(),
    name: 'bench.duration',
    metric: 'timing',
    value: 0.0173 + i / 1e6,
    fields: { count: 40, sum: 0.692, min: 0.00213, max: 0.0911, mean: 0.0173, ...percentiles },
    distribution: {
      scale: 4,
      zeroCount: 0,
      offset: -142,
      counts: Array.from({ length: 40 }, (_, at) => (at * 7 + i) % 4),
    },
    tags: tags(i),
    unit: 's',
    ...common,
    startTimestamp: timestamp,
  }),
};

const layout = { nameAsTag: false, numberType: () => undefined };
const point = (report: Report): object => {
  const { tags: texts, fields, ...rest } = influxdb.toDocument(report, layout);
  return { ...rest, tags: Object.fromEntries(texts), fields: Object.fromEntries(fields) };
};
const STORES: Record<string, readonly [(report: Report) => unknown, (report: Report) => object]> = {
  Elasticsearch: [
    (report) => encode('bench', report),
    (report) => elasticsearch.toDocument(report),
  ],
  MongoDB: [mongodb.toDocument, mongodb.toDocument],
  InfluxDB: [(report) => encodeLine(report, layout, layout), point],
};

/** A racer that goes through its items. */
function racer<T>(name: string, items: readonly T[], step: (item: T) => unknown): Racer {
  let kept: unknown;
  return {
    name,
    run(calls) {
      for (let i = 0; i < calls; i++) kept = step(items[i % COUNT]!);
      if (kept === undefined) throw new Error('nothing was encoded');
    },
  };
}

for (const [kind, make] of Object.entries(KINDS)) {
  const reports = Array.from({ length: COUNT }, (_, i) => make(i));
  const variants =
    kind === 'timing'
      ? { [kind]: reports, 'timing without its distribution': reports.map(withoutDistribution) }
      : { [kind]: reports };
  for (const [title, some] of Object.entries(variants)) {
    for (const [store, [encoded, document]] of Object.entries(STORES)) {
      const json = racer('JSON.stringify of the document', some.map(document), (made) =>
        JSON.stringify(made),
      );
      print(
        `${store}, ${title}`,
        race([json, racer('encoded', some, encoded)], { calls: 2_000, rounds: 30 }),
      );
    }
  }
}
