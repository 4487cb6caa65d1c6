import { randomUUID } from 'node:crypto';
import { inflateSync } from 'node:zlib';
import type { Report } from '../../report.js';
import { argumentsOf, carriedText, reportFrom, reportOf } from '../call.js';
import { MessageError } from '../errors.js';
import { readJson, writeJson } from '../json.js';
import { checkSize, MAX_UNPACKED_BYTES, MAX_WIRE_BYTES } from '../limits.js';
import { pythonRepr } from '../repr.js';
import { readPickle } from './pickle-reader.js';
import { Tuple, writePickle } from './pickle-writer.js';

/** The one function that a job may name. */
export const TASK = 'kaneda.tasks.rq.report';
/** Seconds that a failed job is kept. */
export const FAILURE_TTL = 7 * 24 * 60 * 60;

/** Characters of the readable arguments. */
const MAX_DESCRIPTION = 400;

export type Serializer = 'pickle' | 'json';
/** A job as it is enqueued: its id, and the fields of its hash with their values one after the other. */
export interface Job {
  id: string;
  fields: (string | Buffer)[];
}

/**
 * A report as a job of RQ: the fewest fields that each version of its worker needs, and ours. The data is not compressed, which every version
 * takes: at this size zlib saves nothing and costs half of the producer's time. `result_ttl` 0 has a Python worker forget the job once done.
 * Source: RQ's `rq/job.py`, `Job.to_dict` and `Job.restore`; each field tried on RQ 1.13, 2.10 and 3.0.
 */
export function jobOf(report: Report, queueName: string, serializer: Serializer, now = new Date()): Job {
  const args = argumentsOf(report);
  const time = now.toISOString().replace('Z', '000Z');
  return {
    id: randomUUID(),
    fields: [
      'data',
      serializer === 'json' ? writeJson([TASK, null, args, {}]) : writePickle([TASK, null, new Tuple(args), {}]),
      'description',
      `${TASK}${pythonRepr(args, MAX_DESCRIPTION)}`,
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
      'result_ttl',
      '0',
      'failure_ttl',
      String(FAILURE_TTL),
      'kaneda_report',
      carriedText(report),
    ],
  };
}

/** What a worker reads of a job's hash. */
export interface Taken {
  id: string;
  data: Buffer;
  /** Our own field, where the job has it. */
  report: Buffer | null;
  /** When the job was made, as RQ writes it. */
  createdAt: Buffer | null;
}

/**
 * The report of a job, ours or a Python Kaneda's, pickled or JSON, compressed or not.
 * @throws MessageError when the job is not one that Kaneda enqueues.
 */
export function readJob(job: Taken): Report {
  const called = reportOf(readData(job.data), { id: job.id, time: timeOf(job.createdAt) });
  if (job.report === null) return called;
  checkSize(job.report.length, MAX_UNPACKED_BYTES);
  return reportFrom(readJson(job.report.toString('utf8')));
}

function readData(data: Buffer): unknown {
  checkSize(data.length, MAX_WIRE_BYTES);
  const call = readCall(unpack(data));
  if (!Array.isArray(call) || call.length !== 4) throw new MessageError('the job is no call of a function');
  const [task, instance, args, kwargs] = call as unknown[];
  if (task !== TASK)
    throw new MessageError(`unknown task ${typeof task === 'string' ? JSON.stringify(task.slice(0, 100)) : typeof task}`);
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
  try {
    return inflateSync(data, { maxOutputLength: MAX_UNPACKED_BYTES });
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (code === 'ERR_BUFFER_TOO_LARGE')
      throw new MessageError(`too large: over ${MAX_UNPACKED_BYTES} bytes decompressed`, { cause });
    throw new MessageError('the data is broken: it does not decompress', { cause });
  }
}

function readCall(bytes: Buffer): unknown {
  return bytes[0] === 0x80 ? readPickle(bytes) : readJson(bytes.toString('utf8'));
}

function timeOf(field: Buffer | null): Date | undefined {
  const time = field === null ? Number.NaN : Date.parse(field.toString('latin1'));
  return Number.isNaN(time) ? undefined : new Date(time);
}
