import { randomUUID } from 'node:crypto';
import type { Job, JobJson, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { MessageError } from '../errors.js';
import { poll } from '../gather.js';
import { BEAT, Heartbeat, LEASE } from '../heartbeat.js';
import { readJson } from '../json.js';
import { MAX_UNPACKED_BYTES, reasonText } from '../limits.js';
import { type RedisLink, STEP_TIMEOUT } from '../redis.js';
import type { Delivery, TakeContext } from '../report-queue.js';
import { readJob } from './message.js';

/** Jobs asked for at once; each is a script of its own, sent together. */
const MAX_ASKED = 256;

/** A worker's side of a BullMQ queue, which locks each job for it and gives back what a dead worker had locked. */
export class BullMQConsumer {
  readonly #link: RedisLink;
  readonly #queueName: string;
  readonly #prefix: string | undefined;
  readonly #token = randomUUID();
  readonly #held = new Set<Job>();
  readonly #heartbeat = new Heartbeat(() => this.#renew());
  #opened: { redis: Redis; worker: Worker; faults: WeakMap<Job, MessageError> } | undefined;

  constructor(link: RedisLink, queueName: string, prefix?: string) {
    this.#link = link;
    this.#queueName = queueName;
    this.#prefix = prefix;
  }

  async take(context: TakeContext): Promise<readonly Delivery[]> {
    return poll(context, async () => {
      const jobs = await this.#step((worker) => this.#next(worker, context.max));
      if (jobs.length === 0) return undefined;
      const deliveries = await Promise.all(jobs.map((job) => this.#delivery(job, context)));
      return deliveries.filter((delivery) => delivery !== undefined);
    });
  }

  /** Gives back what is still held. */
  async leave(): Promise<void> {
    this.#heartbeat.stop();
    await Promise.all([...this.#held].map((job) => this.#end(job, () => job.moveToWait(this.#token)).catch(() => {})));
    await this.#opened?.worker.close(true).catch(() => {});
    this.#opened = undefined;
    this.#link.close();
  }

  /** Up to `max` jobs, asked for in growing portions so that a few jobs do not cost hundreds of questions. */
  async #next(worker: Worker, max: number): Promise<readonly Job[]> {
    const jobs: Job[] = [];
    for (let portion = 1; jobs.length < max; portion = Math.min(portion * 4, MAX_ASKED)) {
      const asked = Math.min(portion, max - jobs.length);
      const answers = await Promise.allSettled(
        Array.from({ length: asked }, () => worker.getNextJob(this.#token, { block: false }) as Promise<Job | undefined>),
      );
      const before = jobs.length;
      for (const answer of answers) if (answer.status === 'fulfilled' && answer.value !== undefined) jobs.push(answer.value);
      const failed = answers.find((answer) => answer.status === 'rejected');
      if (failed !== undefined && jobs.length === 0) throw failed.reason;
      if (jobs.length - before < asked) break;
    }
    for (const job of jobs) this.#held.add(job);
    return jobs;
  }

  async #delivery(job: Job, { refused }: TakeContext): Promise<Delivery | undefined> {
    try {
      const fault = this.#opened?.faults.get(job);
      if (fault !== undefined) throw fault;
      const report = readJob(job.name, job.data);
      return {
        report,
        acknowledge: () => this.#end(job, () => job.moveToCompleted(null, this.#token, false)),
        retry: () => this.#end(job, () => job.moveToWait(this.#token)),
        reject: (reason) => this.#fail(job, reason),
      };
    } catch (error) {
      if (!(error instanceof MessageError)) throw error;
      await this.#fail(job, error.message);
      refused?.(error.message);
      return undefined;
    }
  }

  /** To the failed ones, however many attempts the job may have left. */
  #fail(job: Job, reason: string): Promise<void> {
    const error = new Error(reasonText(reason));
    error.name = 'UnrecoverableError';
    error.stack = error.message;
    return this.#end(job, () => job.moveToFailed(error, this.#token, false));
  }

  async #end(job: Job, how: () => Promise<unknown>): Promise<void> {
    await this.#step(how);
    this.#held.delete(job);
  }

  async #renew(): Promise<void> {
    await this.#step(() => Promise.allSettled([...this.#held].map((job) => job.extendLock(this.#token, LEASE))));
  }

  #step<T>(ask: (worker: Worker) => Promise<T>): Promise<T> {
    return this.#link.run(AbortSignal.timeout(STEP_TIMEOUT), async (redis) => ask((await this.#open(redis)).worker));
  }

  /** A worker of BullMQ's that runs nothing by itself: we fetch, it keeps the locks honest. */
  async #open(redis: Redis): Promise<{ worker: Worker }> {
    if (this.#opened?.redis === redis) return this.#opened;
    // The locks of a lost connection expire, and their jobs come again.
    this.#held.clear();
    void this.#opened?.worker.close(true).catch(() => {});
    const faults = new WeakMap<Job, MessageError>();
    const worker = new (await strictWorker(faults))(this.#queueName, null, {
      connection: redis,
      autorun: false,
      lockDuration: LEASE,
      stalledInterval: BEAT,
      // A job whose worker was killed is not to blame, unless it happens again and again.
      maxStalledCount: 100,
      ...(this.#prefix === undefined ? {} : { prefix: this.#prefix }),
    });
    worker.on('error', () => {});
    this.#opened = { redis, worker, faults };
    await worker.waitUntilReady();
    await worker.startStalledCheckTimer();
    this.#heartbeat.start();
    return this.#opened;
  }
}

/** BullMQ's worker, reading jobs within our bounds: by itself it leaves a job that is no JSON locked, and parses any size and depth. */
async function strictWorker(faults: WeakMap<Job, MessageError>): Promise<typeof Worker> {
  const { Worker } = await import('bullmq');
  return class extends Worker {
    protected override createJob(json: JobJson, jobId: string): Job {
      const job = super.createJob({ ...json, data: '{}' }, jobId);
      try {
        job.data = readJson(json.data || '{}', MAX_UNPACKED_BYTES);
      } catch (error) {
        if (!(error instanceof MessageError)) throw error;
        faults.set(job, error);
      }
      return job;
    }
  } as typeof Worker;
}
