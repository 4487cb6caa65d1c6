import { deflateSync } from 'node:zlib';
import type { Taken } from '../../../exporters/queues/celery/message.js';

/** Bad kinds by name; made when they are asked for, since some are large. */
export type Bad<Job> = Readonly<Record<string, () => Job>>;

/** Each of these as another kind of thing, the names said as what it is then: "not JSON, in a header". */
export function each<From, To>(bad: Bad<From>, where: string, change: (job: From) => To): Bad<To> {
  return Object.fromEntries(
    Object.entries(bad).map(([name, make]) => [`${name}, ${where}`, () => change(make())]),
  );
}

const nested = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;
const spaces = (megabytes: number) => Buffer.alloc(megabytes * 1024 * 1024, 0x20);
const REPORT = {
  id: 'a',
  name: 'hits',
  metric: 'gauge',
  value: 1,
  timestamp: '2026-01-01T00:00:00.000Z',
  host: 'far-away',
};
const report = (changes: object) => () => JSON.stringify({ ...REPORT, ...changes });
const args = (changes: Readonly<Record<number, unknown>>) => () =>
  JSON.stringify(Object.assign(['hits', 'gauge', 1, null, null], changes));

/** Texts that are no JSON, or none that anybody should read. */
const BAD_JSON: Bad<string> = {
  'no text': () => '',
  'not JSON': () => '{"not JSON',
  'a bare NaN': () => '["hits", "gauge", NaN, null, null]',
  'a bare Infinity': () => '["hits", "gauge", -Infinity, null, null]',
  null: () => 'null',
  'a number': () => '5',
  'a text': () => '"report"',
  'a leading zero': () => '["hits", "gauge", 01234567890123456789, null, null]',
  '5,000 levels': () => nested(5_000),
};

/** The same, too large for every place where a broker takes a text. */
const HUGE_JSON: Bad<string> = {
  '50,000 levels': () => `["hits", "gauge", ${nested(50_000)}, null, null]`,
  '1,000,000 digits': () => `["hits", "gauge", ${'9'.repeat(1_000_000)}, null, null]`,
  '5 MB': () => JSON.stringify(['hits', 'event', 'x'.repeat(5 * 1024 * 1024), null, null]),
};

/** Kaneda's five arguments as JSON, each of them bad. */
export const BAD_ARGUMENTS: Bad<string> = {
  ...BAD_JSON,
  ...HUGE_JSON,
  'no arguments': () => '[]',
  'one argument': () => '["hits"]',
  'six arguments': args({ 5: null }),
  'arguments by name': () =>
    '{"name": "hits", "metric": "gauge", "value": 1, "tags": null, "id_": null}',
  'a name that is a number': args({ 0: 5 }),
  'an empty name': args({ 0: '' }),
  'a name of 1 MB': args({ 0: 'x'.repeat(1024 * 1024) }),
  'a metric that is a list': args({ 1: ['gauge'] }),
  'a value past every number': () => '["hits", "gauge", 1e999, null, null]',
  'a value of 20 levels': () => `["hits", "gauge", ${nested(20)}, null, null]`,
  'a value of 70,000 values': args({ 2: Array(70_000).fill(1) }),
  'tags that are a number': args({ 3: 5 }),
  'an id that is a number': args({ 4: 5 }),
  'a dict that would be a prototype': () =>
    '[{"__proto__": {"polluted": 1}}, "gauge", 1, null, null]',
};

/** Whole reports as JSON that fit into an AMQP header, each of them bad. */
export const BAD_REPORTS: Bad<string> = {
  ...BAD_JSON,
  'a list': () => '[]',
  'nothing of a report': () => '{}',
  'a report in the place of a prototype': () =>
    `{"__proto__": ${JSON.stringify(REPORT)}, "polluted": 1}`,
  'no id': report({ id: undefined }),
  'an id that is a number': report({ id: 5 }),
  'an id of 2,000 characters': report({ id: 'x'.repeat(2_000) }),
  'an empty name': report({ name: '' }),
  'a name that is a dict': report({ name: { toString: 'x' } }),
  'no metric': report({ metric: null }),
  'no time': report({ timestamp: undefined }),
  'a time that is a number': report({ timestamp: 1_790_000_000_000 }),
  'a time that is no time': report({ timestamp: 'yesterday' }),
  'a time past all times': report({ timestamp: '+999999-01-01T00:00:00.000Z' }),
  'a start that is no time': report({ startTimestamp: '2026-13-01T00:00:00.000Z' }),
  'a host of 2,000 characters': report({ host: 'x'.repeat(2_000) }),
  'fields that are a list': report({ fields: [1] }),
  'a value of 20 levels': () =>
    `${report({ value: undefined })().slice(0, -1)}, "value": ${nested(20)}}`,
  'a value past every number': () =>
    `${report({ value: undefined })().slice(0, -1)}, "value": 1e999}`,
  'tags that are a text': report({ tags: 'a' }),
  'a unit that is a list': report({ unit: ['By'] }),
  'an empty application': report({ appName: '' }),
};

/** Whole reports that only fit elsewhere. */
export const BAD_LARGE_REPORTS: Bad<string> = {
  ...BAD_REPORTS,
  ...HUGE_JSON,
  'a value of 70,000 values': report({ value: Array(70_000).fill(1) }),
  'a name of 1 MB': report({ name: 'x'.repeat(1024 * 1024) }),
};

const HEADERS = { task: 'kaneda.tasks.celery.report', id: 'x' };
const CALL = '[["hits", "gauge", 1, null, null], {}, {}]';
const message = (changes: Partial<Taken> = {}): Taken => ({
  headers: HEADERS,
  contentType: 'application/json',
  body: Buffer.from(CALL),
  ...changes,
});
const body = (text: string) => message({ body: Buffer.from(text) });
const withHeaders = (headers: object, changes: Partial<Taken> = {}) =>
  message({ headers: { ...HEADERS, ...headers }, ...changes });

/** Messages of Celery's, each of them bad, that any broker takes. */
export const BAD_MESSAGES: Bad<Taken> = {
  ...each(BAD_ARGUMENTS, 'in a body', (text) => body(`[${text}, {}, {}]`)),
  ...each(BAD_REPORTS, 'as kaneda_report', (text) => withHeaders({ kaneda_report: text })),
  'headers without anything': () => message({ headers: {} }),
  'no task': () => message({ headers: { id: 'x' } }),
  'an unknown task': () => withHeaders({ task: 'os.system' }),
  'the task of RQ': () => withHeaders({ task: 'kaneda.tasks.rq.report' }),
  'a task that is a list': () => withHeaders({ task: ['kaneda.tasks.celery.report'] }),
  'no id': () => message({ headers: { task: HEADERS.task } }),
  'an id that is a number': () => withHeaders({ id: 5 }),
  'an empty id': () => withHeaders({ id: '' }),
  'a kaneda_report that is a dict': () => withHeaders({ kaneda_report: REPORT }),
  'a kaneda_report that is true': () => withHeaders({ kaneda_report: true }),
  'no content type': () => message({ contentType: undefined }),
  'pickled content': () => message({ contentType: 'application/x-python-serialize' }),
  'content of a look-alike type': () => message({ contentType: 'application/json; charset=utf-8' }),
  'an empty body': () => body(''),
  'a body that is not JSON': () => body('no job'),
  'a body that is a number': () => body('5'),
  'a body of two elements': () => body('[["hits", "gauge", 1, null, null], {}]'),
  'a body of random bytes': () => message({ body: Buffer.from([0xff, 0xfe, 0, 1, 2]) }),
  'keyword arguments': () => body('[["hits", "gauge", 1, null, null], {"id_": "x"}, {}]'),
  'keywords that are a list': () => body('[["hits", "gauge", 1, null, null], [], {}]'),
  'a value of bytes': () =>
    body('[["hits", "gauge", {"__type__": "bytes", "__value__": "eA=="}, null, null], {}, {}]'),
  'a protocol 1 without a task': () =>
    body('{"id": "x", "args": ["hits", "gauge", 1, null, null], "kwargs": {}}'),
  'a protocol 1 of an unknown task': () =>
    body('{"id": "x", "task": "os.system", "args": ["true"], "kwargs": {}}'),
  'a zip bomb': () =>
    withHeaders({ compression: 'application/x-gzip' }, { body: deflateSync(spaces(200)) }),
  'a body that does not decompress': () => withHeaders({ compression: 'application/x-gzip' }),
  'an unknown compression': () => withHeaders({ compression: 'application/zstd' }),
  'a compression that is a dict': () => withHeaders({ compression: {} }),
};

/** A message of so many megabytes: larger than any job may be. */
export function largeMessage(megabytes: number): Taken {
  return message({ body: spaces(megabytes) });
}
