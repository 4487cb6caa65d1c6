import { randomUUID } from 'node:crypto';
import type { Job, JobJson, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Report } from '../../report.js';
import { deliveriesOf } from '../deliveries.js';
import { MessageError } from '../errors.js';
import { Gather, poll } from '../gather.js';
import { BEAT, Heartbeat, LEASE } from '../heartbeat.js';
import { readJson } from '../json.js';
import { MAX_TAKEN_BYTES, MAX_UNPACKED_BYTES, reasonText } from '../limits.js';
import { type RedisLink, STEP_TIMEOUT } from '../redis.js';
import type { Delivery, TakeContext } from '../report-queue.js';
import { readJob } from './message.js';
import { DONE, RENEW, TAKE } from './scripts.js';

/** Jobs that BullMQ is asked for at once; each is a script of its own, sent together. */
const MAX_ASKED = 256;

/** A job as our script takes it. */
type Row = readonly [id: Buffer, opts: Buffer, name: Buffer, data: Buffer | null];

/** A job in hand. */
interface Held {
  readonly id: string;
  /** @throws MessageError when the job holds none. */
  report(): Report;
  complete(): Promise<unknown>;
  /** As BullMQ has it, for whatever else may become of it. */
  job(): Job;
}

/** What belongs to one connection. */
interface Opened {
  readonly redis: Redis;
  readonly worker: Worker;
  readonly JobOf: typeof Job;
  readonly faults: WeakMap<Job, MessageError>;
}

/** A worker's side of a BullMQ queue, which locks each job for it and gives back what a dead worker had locked. */
export class BullMQConsumer {
  readonly #link: RedisLink;
  readonly #queueName: string;
  readonly #prefix: string | undefined;
  readonly #token = randomUUID();
  readonly #held = new Map<string, Held>();
  readonly #heartbeat = new Heartbeat(() => this.#renew());
  readonly #done = new Gather<string>((ids) => this.#complete(ids));
  #opened: { redis: Redis; opening: Promise<Opened> } | undefined;

  constructor(link: RedisLink, queueName: string, prefix?: string) {
    this.#link = link;
    this.#queueName = queueName;
    this.#prefix = prefix;
  }

  async take(context: TakeContext): Promise<readonly Delivery[]> {
    return poll(context, async () => {
      const taken = await this.#step((opened) => this.#next(opened, context.max));
      return taken.length === 0 ? undefined : deliveriesOf(taken, (held) => this.#delivery(held, context));
    });
  }

  /** Gives back what is still held. */
  async leave(): Promise<void> {
    this.#heartbeat.stop();
    await Promise.all([...this.#held.values()].map((held) => this.#giveBack(held).catch(() => {})));
    await this.#close();
    this.#link.close();
  }

  /** Plain jobs, or where BullMQ itself has to look what comes next, whatever comes. */
  async #next(opened: Opened, max: number): Promise<readonly Held[]> {
    const plain = await this.#plain(opened, max);
    const taken = plain.length > 0 ? plain : await this.#any(opened, max);
    for (const held of taken) this.#held.set(held.id, held);
    return taken;
  }

  async #plain({ redis, worker, JobOf }: Opened, max: number): Promise<readonly Held[]> {
    const { wait, active, meta, delayed, events } = worker.keys as Record<string, string>;
    const args = [worker.toKey(''), this.#token, LEASE, Date.now(), max, MAX_UNPACKED_BYTES, MAX_TAKEN_BYTES];
    const rows = (await TAKE.run(redis, [wait!, active!, meta!, delayed!, events!], args)) as Row[];
    return rows.map(([idBytes, opts, nameBytes, data]) => {
      const [id, name] = [idBytes.toString('utf8'), nameBytes.toString('utf8')];
      return {
        id,
        report: () => readJob(name, readJson(data?.toString('utf8') || '{}')),
        complete: () => this.#done.add(id),
        job: () => new JobOf(worker, name, {}, optionsOf(JobOf, opts.toString('utf8')), id),
      };
    });
  }

  /** Asks in growing portions, so that a few jobs do not cost hundreds of questions. */
  async #any({ worker, faults }: Opened, max: number): Promise<readonly Held[]> {
    const ask = () => worker.getNextJob(this.#token, { block: false }) as Promise<Job | undefined>;
    const jobs: Job[] = [];
    for (let portion = 1; jobs.length < max; portion = Math.min(portion * 4, MAX_ASKED)) {
      const asked = Math.min(portion, max - jobs.length);
      const answers = await Promise.allSettled(Array.from({ length: asked }, ask));
      const got = answers.flatMap((answer) => (answer.status === 'fulfilled' ? (answer.value ?? []) : []));
      jobs.push(...got);
      const failed = answers.find((answer) => answer.status === 'rejected');
      if (failed !== undefined && jobs.length === 0) throw failed.reason;
      if (got.length < asked) break;
    }
    return jobs.map((job) => ({
      id: job.id!,
      report: () => {
        const fault = faults.get(job);
        if (fault !== undefined) throw fault;
        return readJob(job.name, job.data);
      },
      complete: () => this.#end(job.id!, () => job.moveToCompleted(null, this.#token, false)),
      job: () => job,
    }));
  }

  async #delivery(held: Held, { refused }: TakeContext): Promise<Delivery | undefined> {
    try {
      return {
        report: held.report(),
        acknowledge: async () => void (await held.complete()),
        retry: () => this.#giveBack(held),
        reject: (reason) => this.#fail(held, reason),
      };
    } catch (error) {
      if (!(error instanceof MessageError)) throw error;
      await this.#fail(held, error.message);
      refused?.(error.message);
      return undefined;
    }
  }

  async #complete(ids: readonly string[]): Promise<void> {
    const lost = await this.#step(({ redis, worker }) => {
      const { active, meta, stalled, events } = worker.keys as Record<string, string>;
      return DONE.run(redis, [active!, meta!, stalled!, events!], [worker.toKey(''), this.#token, ...ids]);
    });
    for (const id of ids) this.#held.delete(id);
    if (lost !== 0) throw new Error(`${lost} of ${ids.length} jobs are no longer this worker's`);
  }

  #giveBack(held: Held): Promise<void> {
    return this.#end(held.id, () => held.job().moveToWait(this.#token));
  }

  /** To the failed ones, however many attempts the job may have left. */
  #fail(held: Held, reason: string): Promise<void> {
    const error = new Error(reasonText(reason));
    error.name = 'UnrecoverableError';
    error.stack = error.message;
    return this.#end(held.id, () => held.job().moveToFailed(error, this.#token, false));
  }

  async #end(id: string, how: () => Promise<unknown>): Promise<void> {
    await this.#step(how);
    this.#held.delete(id);
  }

  async #renew(): Promise<void> {
    await this.#step(({ redis, worker }) =>
      RENEW.run(redis, [worker.keys.stalled!], [worker.toKey(''), this.#token, LEASE, ...this.#held.keys()]),
    );
  }

  #step<T>(ask: (opened: Opened) => Promise<T>): Promise<T> {
    return this.#link.run(AbortSignal.timeout(STEP_TIMEOUT), async (redis) => ask(await this.#open(redis)));
  }

  #open(redis: Redis): Promise<Opened> {
    if (this.#opened?.redis !== redis) {
      // The locks of a lost connection expire, and their jobs come again.
      this.#held.clear();
      void this.#close();
      this.#opened = { redis, opening: this.#make(redis) };
    }
    return this.#opened.opening;
  }

  async #close(): Promise<void> {
    const opened = this.#opened;
    this.#opened = undefined;
    await opened?.opening.then(({ worker }) => worker.close(true)).catch(() => {});
  }

  /** A worker of BullMQ's that runs nothing by itself: we fetch, it gives back what others left behind. */
  async #make(redis: Redis): Promise<Opened> {
    const faults = new WeakMap<Job, MessageError>();
    const { Job: JobOf } = await import('bullmq');
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
    await worker.waitUntilReady();
    await worker.startStalledCheckTimer();
    this.#heartbeat.start();
    return { redis, worker, JobOf, faults };
  }
}

/** Anybody may have written them; one that cannot be read has none. */
function optionsOf(JobOf: typeof Job, text: string): Job['opts'] {
  try {
    return JobOf.optsFromJSON(text);
  } catch {
    return {};
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
