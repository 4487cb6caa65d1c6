/**
 * Feeds mutated pickles, RQ jobs, Celery messages and BullMQ jobs to the readers: whatever is in them, a reading is a report or a
 * `MessageError`, nothing is polluted, and what was read can be written as JSON.
 *
 *     npx tsx test/fuzz/queues.ts [inputs] [seed]
 */
import { fileURLToPath } from 'node:url';
import { deflateSync } from 'node:zlib';
import { readJob as readBullMQJob } from '../../exporters/queues/bullmq/message.js';
import { messageOf, readMessage } from '../../exporters/queues/celery/message.js';
import { envelopeOf, openEnvelope } from '../../exporters/queues/celery/redis/envelope.js';
import { MessageError } from '../../exporters/queues/errors.js';
import { type Origin, wholeReportText } from '../../exporters/queues/jobs/kaneda-call.js';
import { readJson, writeJson } from '../../exporters/queues/jobs/python-json.js';
import { jobOf, readJob } from '../../exporters/queues/rq/message.js';
import { readPickle } from '../../exporters/queues/rq/pickle-reader.js';
import type { Report } from '../../exporters/reports/report.js';
import { golden } from '../unit/exporters/queues/golden.js';
import { type FuzzResult, fuzz, mutate, randomOf } from './mutation.js';

const REPORT: Report = {
  id: '01890a5d-ac96-774b-bcce-b302099a8057',
  name: 'hits',
  metric: 'timing',
  fields: { count: 3, sum: 1.5, deep: [{ a: null, b: 2n ** 70n }] },
  tags: { route: '/é😀', status: 200 },
  timestamp: new Date(1_790_000_000_000),
  host: 'web-1',
};
const ORIGIN: Origin = { id: 'job' };
const pickles = [
  ...Object.values(golden.pickles.good).map(({ p }) => p),
  ...Object.values(golden.pickles.evil),
]
  .flatMap((protocols) => Object.values(protocols))
  .map((base64) => Buffer.from(base64, 'base64'));
const jobs = [jobOf(REPORT, 'pickle'), jobOf(REPORT, 'json')].map(({ data }) => Buffer.from(data));
const carried = Buffer.from(wholeReportText(REPORT));

/** Each reader, with what a healthy input of it looks like. */
const READERS: readonly { seeds: readonly Buffer[]; read(bytes: Buffer): unknown }[] = [
  { seeds: pickles, read: readPickle },
  {
    seeds: [...jobs, ...jobs.map((data) => deflateSync(data))],
    read: (data) => readJob({ id: ORIGIN.id, data, report: null, createdAt: null }),
  },
  {
    seeds: [carried],
    read: (report) =>
      readJob({ id: ORIGIN.id, data: null, report: report.toString('utf8'), createdAt: null }),
  },
  {
    seeds: [Buffer.from(envelopeOf(messageOf(REPORT), 'celery'))],
    read: (item) => readMessage(openEnvelope(readJson(item.toString('utf8')))),
  },
  {
    seeds: [Buffer.from(messageOf(REPORT).body)],
    read: (body) =>
      readMessage({
        headers: { task: 'kaneda.tasks.celery.report', id: 'x' },
        contentType: 'application/json',
        body,
      }),
  },
  { seeds: [carried], read: (data) => readBullMQJob('report', readJson(data.toString('utf8'))) },
];
const PIECES = [
  '__proto__',
  '"__type__": "bigint"',
  '\\ud800',
  'NaN',
  '1e999',
  '99999999999999999999',
  '[[[[',
  '{"',
  'cos\nsystem\n',
  'h\x00',
  '\x94',
  'R',
  'b.',
];

/** Reads `inputs` mutated messages. */
export function fuzzQueues(inputs: number, seed: number): FuzzResult {
  const random = randomOf(seed);
  const result: FuzzResult = { read: 0, refused: 0, surprises: [] };
  for (let i = 0; i < inputs; i++) {
    const at = random(READERS.length);
    const { seeds, read } = READERS[at]!;
    const bytes = mutate(seeds[random(seeds.length)]!, PIECES, random);
    try {
      const value = read(bytes);
      // A pickle may hold infinities; every report is written.
      if (at > 0) writeJson((value as Report).fields ?? (value as Report).value ?? null);
      result.read++;
    } catch (error) {
      if (error instanceof MessageError) result.refused++;
      else
        result.surprises.push(
          `seed ${seed}, input ${i}, ${bytes.toString('base64')}: ${String(error)}`,
        );
    }
  }
  for (const key in {}) result.surprises.push(`Object.prototype has ${key}`);
  return result;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await fuzz(fuzzQueues);
