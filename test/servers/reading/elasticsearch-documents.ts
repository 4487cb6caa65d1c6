import type { Client, estypes } from '@elastic/elasticsearch';
import { expect } from 'chai';
import fc from 'fast-check';
import { INTERNALS } from '../../../exporters/delivery/internals.js';
import type { ReadOptions } from '../../../exporters/reading/query.js';
import type { Report } from '../../../exporters/reports/report.js';
import { ElasticsearchExporter } from '../../../exporters/stores/elasticsearch/index.js';
import type { SummaryOptions } from '../../../src/reading/summary/options.js';
import { reportAt, timingOf } from '../../conformance/suites/reading.js';

/** A document of another writer: the day of its index, and its JSON. */
export type Foreign = readonly [day: string, json: string];

const DAY = '2026.03.01';
const keyword = { type: 'keyword', ignore_above: 1024 } as const;
const flattened = { type: 'flattened', ignore_above: 1024 } as const;
const date = { type: 'date' } as const;
const double = { type: 'double', ignore_malformed: true } as const;
const text = { type: 'text', fields: { keyword } } as const;

/** Indices that were there before the template. */
export const MAPPINGS: Readonly<Record<string, estypes.MappingTypeMapping>> = {
  // The template's version 1.
  '2026.02.20': {
    dynamic: false,
    subobjects: false,
    properties: {
      '@timestamp': date,
      timestamp: { type: 'alias', path: '@timestamp' },
      start_timestamp: date,
      ...{ host: keyword, name: keyword, metric: keyword, app_name: keyword, unit: keyword },
      value: { ...double, fields: { text: { type: 'text', norms: false }, keyword } },
      tags: keyword,
      labels: flattened,
      fields: flattened,
    },
  },
  '2026.02.21': { properties: { '@timestamp': date, name: text, value: text } },
  '2026.02.22': { dynamic: true, properties: { '@timestamp': date } },
  '2026.02.23': {
    dynamic: false,
    properties: { '@timestamp': date, name: keyword, metric: keyword, value: double },
  },
  '2026.02.24': { enabled: false },
};
const DAYS = [DAY, DAY, DAY, '2026.03.02', ...Object.keys(MAPPINGS)];

/** JSON of the members of a document, by name; `undefined`: it has none. */
type Members = Readonly<Record<string, string | undefined>>;

const BASE: Members = {
  name: '"n"',
  metric: '"counter"',
  value: '1',
  '@timestamp': '"2026-03-01T10:00:07.000Z"',
};

const one = (member: string, values: readonly (string | undefined)[]): Members[] =>
  values.map((value) => ({ [member]: value }));

const LONG = JSON.stringify('x'.repeat(1_100));
const VALUES = [
  ...['"5"', '"1.5"', '"1e3"', '1E3', '5.0', '1.50', '-0', '0', '-3', '"007"', '"+1"', '".5"'],
  ...['"1."', '" 1 "', '"1d"', '"0x1p3"', '"0x10"', '"NaN"', '""', '"abc"', 'true', '"true"'],
  ...['null', '[]', '[5]', '[null,5]', '["5"]', '[[5]]', '[5,"x"]', '{"a":1}', '1e400'],
  ...['"9007199254740993"', '9007199254740993', '1e21', '"1e21"', '1e-7', LONG, undefined],
];
const NAMES = [
  ...['5', 'true', '["n"]', '["n","n"]', '[["n"]]', '"404"', '"true"', 'null', '"5e2"', '5.50'],
  ...['"a \\"quoted\\" ü"', LONG, undefined],
];
const TIMES = [
  ...['1772359200000', '"1772359200000"', '1772359200000.7', '"2026-03-01T10:00:00"'],
  ...['"2026-03-01T10:00:00+02:00"', '"2026-03-01T10:00:00.5-0330"', '"2026-03-01"', '"2026"'],
  ...['"2026-03-01T10:00:00.123456789Z"', '"2026-03-01T10"', '"2026-03-01T10:00+01"', '"2026-03"'],
  ...['["2026-03-01T10:00:00.000Z"]', '"2026-03-01T10:00:00,25Z"', 'null', '-1', '12', undefined],
];
const LABELS = [
  ...['{}', 'null', '[]', '"none"', '{"route":"/a"}', '{"route":null}', '{"route":["/a"]}'],
  ...['{"route":["/a","/a"]}', '{"route":[]}', '{"route":{"x":1}}', '{"route":[{"x":1}]}'],
  ...['{"a":{"b":1}}', '{"a.b":1}', '{"a":{"b":"x"}}', '{"a":{}}', '{"a":{"b":{"c":1}}}'],
  ...['{"a.b":"x","a":{"b":"x"}}', '{"a":"y"}', '[{"route":"/a"},{"status":"x"}]', '{"x":""}'],
  ...['{"status":500}', '{"status":"500"}', '{"status":5e2}', '{"status":500.0}', '{"status":"5"}'],
  ...['{"status":"0500"}', '{"status":true}', '{"status":"true"}', '{"status":"5xx"}'],
  ...['{"status":""}', '{"status":"5e2"}', '{"status":" 500 "}', '{"status":["503"]}'],
  ...['{"status":[500,"500"]}', '{"route":[7,"7"]}', '{"route":[true,"true"]}'],
  ...['{"error":true}', '{"error":false}', '{"error":"false"}', '{"error":""}', '{"error":null}'],
  ...['{"error":["false"]}', '{"error":{"type":"x"}}', '{"error.type":"x"}', '{"error":0}'],
  ...['{"http":{"status_code":500}}', '{"http.response.status_code":"503"}', '{"status_code":404}'],
  ...['{"host":"tag"}', '{"instance":7}', `{"route":${LONG}}`, '{"status":1e21}', '{"route":"ü"}'],
];
const TAGS = [
  '["x","y"]',
  '["route"]',
  '"route"',
  '[]',
  '["host"]',
  '["status",5]',
  'null',
  '[""]',
];
const TEXTS = [
  ...['"s"', '5', '"5"', '["s"]', 'true', 'null', LONG, '5.0', '1E2', '"1e2"', '-0', '"-0"'],
  ...['12345678901234567890', '[5,"5"]', '{"a":1}', '""', '0.5', '-7', '[[true]]', '[]'],
];

/** What other writers may do, each in documents of its own. */
const HOSTILE: readonly Members[] = [
  ...one('value', VALUES),
  { value: undefined, fields: '{"value":5}' },
  { value: 'null', fields: '{"value":"6"}' },
  ...one('name', NAMES),
  ...one('metric', ['["counter"]', '"Counter"', '"gauge"', '7', 'null', undefined, '"timing"']),
  ...one('@timestamp', TIMES),
  { '@timestamp': undefined, timestamp: '"2026-03-01T10:00:00.000Z"' },
  ...one('start_timestamp', ['"2026-03-01T10:00:00.000Z"', '"2027-01-01"', '"2026-01-01T00:00"']),
  ...one('labels', LABELS),
  { 'labels.route': '"/a"' },
  { labels: '{"route":"/b"}', 'labels.x': '"y"' },
  { labels: '{"route":"/b"}', 'labels.route': '"/b"' },
  { labels: '{"status":200,"route":"/"}', numeric_labels: '{"status":200}' },
  { numeric_labels: '{"status":200}' },
  ...one('tags', TAGS),
  { tags: '["route"]', labels: '{"status":"ok"}' },
  ...['unit', 'host', 'instance', 'app_name'].flatMap((member) => one(member, TEXTS)),
  { extra: '{"deep":[1,{}]}', count: '3', sum: '"x"' },
  { metric: '"timing"', count: '3', sum: '6', min: '1', max: '4' },
];
/** They are in several sums at once: then nothing is summed. */
export const AMBIGUOUS: readonly Members[] = [
  { value: '[1,2]' },
  { value: '[5,5]' },
  { name: '["n","m"]' },
  { metric: '["counter","gauge"]' },
  { unit: '["s","ms"]' },
  { '@timestamp': '["2026-03-01T10:00:00.000Z","2026-03-01T11:00:00.000Z"]' },
  { start_timestamp: '["2026-03-01T10:00:00.000Z","2026-03-01T11:00:00.000Z"]' },
  { labels: '{"route":["/a","/b"]}' },
  { labels: '[{"route":"/a"},{"route":"/b"}]' },
];

/** A document's JSON. */
export function jsonOf(members: Members): string {
  const all = Object.entries({ ...BASE, ...members }).filter(([, value]) => value !== undefined);
  return `{${all.map(([key, value]) => `${JSON.stringify(key)}:${value}`).join(',')}}`;
}

/** Everything that other writers may do, in an index of each kind. */
export function hostile(): Foreign[] {
  return [DAY, ...Object.keys(MAPPINGS)].flatMap((day) =>
    HOSTILE.map((members, i): Foreign => {
      const name = 'name' in members ? {} : { name: JSON.stringify(`hostile ${i} of ${day}`) };
      return [day, jsonOf({ ...members, ...name })];
    }),
  );
}

/** What an exporter writes: mostly counters, so that their sums are worth while. */
export function written(counters = 70): Report[] {
  const tagged = [
    { route: '/a', status: 200 },
    { route: '/b', status: 503, flag: true },
    { route: '/b', status: '503', flag: 'true' },
    { 'a.b': 1.5, 'odd [>"\\ ü': 'x', text: '' },
    { error: 'refused' },
    ['x', 'route'],
    undefined,
  ] as const;
  return Array.from({ length: counters }, (_, i) => {
    const tags = i < 70 ? tagged[i % tagged.length] : { route: `/${i % 3}`, status: 200 + (i % 4) };
    const more = {
      value: i % 9 === 0 ? 2n ** 60n : i / 4,
      instance: `h:${i % 3}`,
      ...(tags !== undefined && { tags: tags as Exclude<Report['tags'], undefined> }),
      ...(i % 2 === 0 && { appName: 'shop', unit: '1' }),
    };
    const start = i % 4 === 0 ? { startTimestamp: reportAt(i - 10).timestamp } : {};
    return reportAt(i % 300, { name: i % 9 === 0 ? 'large' : 'shop.requests', ...more, ...start });
  }).concat([
    timingOf([0.1, 0.2], 3, { tags: { route: '/a' } }),
    reportAt(1, { name: 'shop.active', metric: 'gauge', value: 1.5 }),
    reportAt(2, { name: 'shop.failed', metric: 'event', value: 'a text' }),
  ]);
}

/** Writes through an exporter, and documents past it, beside indices that were there before. */
export async function fill(
  client: Client,
  indexName: string,
  { reports, documents }: { reports: readonly Report[]; documents: readonly Foreign[] },
): Promise<void> {
  for (const [day, mappings] of Object.entries(MAPPINGS))
    await client.indices.create({ index: `${indexName}-${day}`, mappings });
  const exporter = new ElasticsearchExporter({ indexName, client });
  const outcomes = await exporter[INTERNALS].deliver(reports);
  expect(outcomes.filter((outcome) => outcome !== 'stored')).to.deep.equal([]);
  await exporter.shutdown();
  const lines = documents.flatMap(([day, json]) => [
    `{"index":{"_index":"${indexName}-${day}"}}`,
    json,
  ]);
  if (lines.length > 0) await client.bulk({ operations: [`${lines.join('\n')}\n`] });
  await client.indices.refresh({ index: `${indexName}-*` });
}

const members = fc.record(
  {
    name: fc.constantFrom('"n"', '"m"', '"404"', '["n"]'),
    metric: fc.constantFrom('"counter"', '"counter"', '"counter"', '"gauge"', '"event"'),
    value: fc.oneof(
      fc.integer({ min: -1_000, max: 1_000 }).map((value) => String(value / 4)),
      fc.constantFrom('"2.5"', 'null', '[5]', '"x"', 'true'),
    ),
    '@timestamp': fc.integer({ min: 0, max: 240_000 }).map((ms) => {
      const time = Date.parse('2026-03-01T10:00:00Z') + ms;
      return ms % 5 === 0 ? String(time) : JSON.stringify(new Date(time));
    }),
    start_timestamp: fc.constantFrom('"2026-03-01T09:59:50.000Z"', '"2026-03-01T10:01:00.000Z"'),
    unit: fc.constantFrom('"s"', '"1"', '1', '1.0'),
    host: fc.constantFrom('"h"', '"g"', '7'),
    labels: fc.constantFrom(...LABELS),
    tags: fc.constantFrom(...TAGS),
  },
  { requiredKeys: ['name', 'metric', '@timestamp'] },
);

/** Documents in any index, and what is asked about them. */
export const MIXED = fc.record({
  documents: fc.array(
    fc.tuple(fc.constantFrom(...DAYS), members.map(jsonOf)) as fc.Arbitrary<Foreign>,
    { minLength: 100, maxLength: 300 },
  ),
  asks: fc.array(fc.record({ range: ranges(), options: options() }), {
    minLength: 6,
    maxLength: 10,
  }),
});

function ranges(): fc.Arbitrary<ReadOptions> {
  const at = (from: number, to: number) =>
    fc.integer({ min: from, max: to }).map((ms) => Date.parse('2026-03-01T10:00:00Z') + ms);
  return fc.record(
    {
      since: at(-1_000, 120_000),
      until: at(120_001, 250_000),
      names: fc.subarray(['n', 'm', '404', 'shop.requests'], { minLength: 1 }),
    },
    { requiredKeys: [] },
  );
}

function options(): fc.Arbitrary<SummaryOptions> {
  return fc.record(
    {
      by: fc.subarray(['route', 'status', 'a.b', 'a', 'x', 'host', 'app_name'], { maxLength: 3 }),
      step: fc.constantFrom<string | number>('1m', '1s', '90s', 7_777, 0.5),
    },
    { requiredKeys: [] },
  );
}
