import { randomUUID } from 'node:crypto';
import type { Report } from '../../reports/report.js';
import { MessageError } from '../errors.js';
import { argumentsText } from '../jobs/arguments-text.js';
import { inflate } from '../jobs/inflate.js';
import {
  checkTask,
  decodeWholeReport,
  fromKanedaArguments,
  toKanedaArguments,
  wholeReportText,
} from '../jobs/kaneda-call.js';
import { checkSize, MAX_WIRE_BYTES } from '../jobs/limits.js';
import { readJson, readPythonJson, writeJson } from '../jobs/python-json.js';
import { readPickle } from './pickle-reader.js';
import { Tuple, writePickle } from './pickle-writer.js';

/** The one function that a job may name. */
export const TASK = 'kaneda.tasks.rq.report';
/** Seconds that a failed job is kept. */
export const FAILURE_TTL_S = 7 * 24 * 60 * 60;

/** Characters of the readable arguments. */
const MAX_DESCRIPTION_CHARACTERS = 400;

/** The format of RQ's jobs: Python's pickles, or JSON. */
export type Serializer = 'pickle' | 'json';
/**
 * The fields of one job when it is enqueued; the fields that all jobs of a batch share are
 * {@link sharedFields}.
 */
export interface Job {
  id: string;
  description: string;
  data: string | Buffer;
  /** Our own field: the whole report. */
  report: string;
}

/**
 * A report as a job of RQ. The data is not compressed, which every version takes: at this size zlib
 * saves nothing and costs half of the producer's time. Source: RQ's `rq/job.py`, `Job.to_dict` and
 * `Job.restore`; tried on RQ 1.13, 2.10 and 3.0.
 */
export function jobOf(report: Report, serializer: Serializer): Job {
  const args = toKanedaArguments(report);
  return {
    id: randomUUID(),
    description: `${TASK}${argumentsText(args, MAX_DESCRIPTION_CHARACTERS)}`,
    data:
      serializer === 'json'
        ? writeJson([TASK, null, args, {}])
        : writePickle([TASK, null, new Tuple(args), {}]),
    report: wholeReportText(report),
  };
}

/**
 * The other fields without which some version of RQ's worker quits, with the forms it takes them
 * in, one after the other. `result_ttl` 0 has a Python worker forget the job once it is done.
 */
export function sharedFields(queueName: string, now = new Date()): string[] {
  const time = now.toISOString().replace('Z', '000Z');
  return [
    ...[
      'timeout',
      '180',
      'origin',
      queueName,
      'status',
      'queued',
      'created_at',
      time,
      'enqueued_at',
      time,
    ],
    ...['result_ttl', '0', 'failure_ttl', String(FAILURE_TTL_S)],
  ];
}

/** The fields of a job that a worker reads. */
export interface Taken {
  /** A character a byte. */
  id: string;
  /** Our own field, where the job has it: the whole report. */
  report: string | null;
  /** The call of the task. Read where there is no report alone. */
  data: Buffer | null;
  /** The time at which the job was made, as RQ writes it. Read likewise. */
  createdAt: string | null;
}

/**
 * The report of a job, ours or a Python Kaneda's, pickled or JSON, compressed or not.
 * @throws MessageError when the job is not one that Kaneda enqueues.
 */
export function readJob({ id, report, data, createdAt }: Taken): Report {
  if (report !== null) return decodeWholeReport(readJson(report));
  if (data === null) throw new MessageError('the job has no data');
  return fromKanedaArguments(readData(data), { id: utf8(id), time: timeOf(createdAt) });
}

function readData(data: Buffer): unknown {
  checkSize(data.length, MAX_WIRE_BYTES);
  const call = readCall(unpack(data));
  if (!Array.isArray(call) || call.length !== 4)
    throw new MessageError('the job is not a call of a function');
  const [task, instance, args, kwargs] = call as unknown[];
  checkTask(task, TASK);
  if (instance !== null) throw new MessageError('the job calls a method of an object');
  if (typeof kwargs !== 'object' || kwargs === null || Object.keys(kwargs).length > 0) {
    throw new MessageError("Kaneda's task takes no keyword arguments");
  }
  return args;
}

/** Inflates what is compressed; the output is bounded while it grows. */
function unpack(data: Buffer): Buffer {
  // A pickle begins with 0x80 and JSON with [ or a blank: neither can be taken for zlib's header.
  if (data.length < 2 || (data[0]! & 0x0f) !== 8 || data.readUInt16BE() % 31 !== 0) return data;
  return inflate(data, 'the data');
}

function readCall(bytes: Buffer): unknown {
  return bytes[0] === 0x80 ? readPickle(bytes) : readPythonJson(bytes.toString('utf8'));
}

const utf8 = (latin1: string): string => Buffer.from(latin1, 'latin1').toString('utf8');

function timeOf(field: string | null): Date | undefined {
  const time = field === null ? Number.NaN : Date.parse(field);
  return Number.isNaN(time) ? undefined : new Date(time);
}
