import type { Job, JobJson, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { isOwnError } from '../../error-code.js';
import { notLoaded } from '../../setup/assert-installed.js';
import { exportsOf } from '../../setup/package-loading.js';
import { BEAT_MS, LEASE_MS } from '../consuming/heartbeat.js';
import type { MessageError } from '../errors.js';
import { readJson } from '../jobs/python-json.js';
import { KEEP } from './message.js';
import { DEAD_LETTER } from './scripts.js';

/** A job whose worker was killed is not to blame, unless it happens again and again. */
export const MAX_STALLED = 100;

/** BullMQ's own classes on one connection. */
export interface Opened {
  readonly redis: Redis;
  readonly worker: Worker;
  /** BullMQ's job, of which nothing is known but its name and id. */
  readonly jobOf: (name: string, id: string) => Job;
  readonly faults: WeakMap<Job, MessageError>;
}

/**
 * A worker of BullMQ's that runs nothing by itself: we fetch, it gives back what others left
 * behind.
 */
export async function openWorker(
  redis: Redis,
  queueName: string,
  prefix: string | undefined,
): Promise<Opened> {
  const faults = new WeakMap<Job, MessageError>();
  const { Job, Worker } = await import('bullmq')
    .catch(notLoaded('BullMQQueue', 'bullmq', '6'))
    .then(exportsOf);
  const worker = new (validating(Worker, faults))(queueName, null, {
    connection: redis,
    autorun: false,
    lockDuration: LEASE_MS,
    stalledInterval: BEAT_MS,
    maxStalledCount: MAX_STALLED,
    ...(prefix === undefined ? {} : { prefix }),
  });
  worker.on('error', () => {});
  try {
    await worker.waitUntilReady();
    await worker.startStalledCheckTimer();
  } catch (error) {
    void worker.close(true).catch(() => {});
    throw error;
  }
  return { redis, worker, jobOf: (name, id) => new Job(worker, name, {}, KEEP, id), faults };
}

/** Returns the keys of a queue's lists, by BullMQ's names for them. */
export function keysOf(worker: Worker, ...names: readonly string[]): string[] {
  return names.map((name) => worker.toKey(name));
}

/**
 * Moves a job to the failed ones, found by its id or by the token that locks it; answers how many
 * there were.
 */
export async function deadLetter(
  { redis, worker }: Opened,
  reason: string,
  { token, id }: { token: string; id?: string | Buffer },
): Promise<unknown> {
  const args = [worker.toKey(''), reason, Date.now(), token, ...(id === undefined ? [] : [id])];
  return DEAD_LETTER.run(redis, keysOf(worker, 'active', 'failed', 'stalled'), args);
}

/**
 * Returns why BullMQ fails on a job that is not as it stores them; `undefined` when the job is not
 * to blame.
 */
export function corruptionReason(error: unknown): string | undefined {
  if (isOwnError(error, 'KANEDA_MESSAGE')) return error.message;
  const { name, message } = error as Error;
  if (name === 'SyntaxError' || name === 'TypeError') return 'the job is broken: not JSON';
  if (name !== 'ReplyError') return undefined;
  if (message.startsWith('WRONGTYPE')) return 'the job is broken: not a hash';
  return /not an integer|user_script/.test(message)
    ? 'the job is broken: not in the format of BullMQ'
    : undefined;
}

/**
 * BullMQ's worker, reading jobs within our bounds: by itself it leaves a job that is not JSON
 * locked, and parses any size and depth.
 */
function validating(Base: typeof Worker, faults: WeakMap<Job, MessageError>): typeof Worker {
  return class extends Base {
    protected override createJob({ name, data }: JobJson, jobId: string): Job {
      // Of the rest nothing is believed: options decide what is kept, an id which job is meant, a
      // repetition makes new jobs.
      const job = super.createJob({ name, id: jobId, data: '{}' } as JobJson, jobId);
      job.opts = { ...job.opts, ...KEEP };
      try {
        job.data = readJson(data || '{}');
      } catch (error) {
        if (!isOwnError(error, 'KANEDA_MESSAGE')) throw error;
        faults.set(job, error);
      }
      return job;
    }
  } as typeof Worker;
}
