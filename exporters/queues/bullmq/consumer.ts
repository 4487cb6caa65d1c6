import { isUtf8 } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import type { Job } from 'bullmq';
import type { Redis } from 'ioredis';
import { Heartbeat, LEASE_MS } from '../consuming/heartbeat.js';
import { poll } from '../consuming/poll.js';
import { type JobSteps, readDeliveries } from '../consuming/read-jobs.js';
import { TurnBatcher } from '../consuming/turn-batcher.js';
import { MessageError } from '../errors.js';
import { MAX_TAKEN_BYTES, MAX_UNPACKED_BYTES, reasonText } from '../jobs/limits.js';
import { unpackRows } from '../redis/lua.js';
import type { RedisLink } from '../redis/redis-link.js';
import type { Delivery, TakeContext } from '../report-queue.js';
import { type Held, reportOf } from './held.js';
import { DONE, RENEW, ROW, TAKE, UNSTALL } from './scripts.js';
import {
  corruptionReason,
  deadLetter,
  keysOf,
  MAX_STALLED,
  type Opened,
  openWorker,
} from './validating-worker.js';

/** Jobs that BullMQ is asked for at once; each is a script of its own, sent together. */
const MAX_ASKED = 256;

/** BullMQ's own scripts take ids as text, and would not find it again. */
const NOT_UTF8 = 'the job is broken: its id is not UTF-8';

/**
 * A worker's side of a BullMQ queue, which locks each job for it and gives back what a dead worker
 * had locked.
 */
export class BullMQConsumer {
  readonly #link: RedisLink;
  readonly #queueName: string;
  readonly #prefix: string | undefined;
  /** Locks plain jobs; the token of every other one begins with it. */
  readonly #token = randomUUID();
  readonly #held = new Map<string, Held>();
  readonly #heartbeat = new Heartbeat(() => this.#renew());
  readonly #done = new TurnBatcher<string>((ids) => this.#complete(ids));
  readonly #steps: JobSteps<Held> = {
    read: reportOf,
    keyOf: (held) => held,
    acknowledge: (held) => this.#acknowledge(held),
    giveBack: (held) => this.#giveBack(held),
    deadLetter: (held, reason) => this.#fail(held, reason),
  };
  #takesUnderWay = 0;
  #opened: { redis: Redis; opening: Promise<Opened> } | undefined;

  constructor(link: RedisLink, queueName: string, prefix?: string) {
    this.#link = link;
    this.#queueName = queueName;
    this.#prefix = prefix;
  }

  async take(context: TakeContext): Promise<readonly Delivery[]> {
    return poll(context, async () => {
      let broken = false;
      const taken = await this.#takeJobs(context.max, (reason) => {
        broken = true;
        context.refused?.(reason);
      });
      if (taken.length === 0) {
        // A caller that does not wait would be gone before BullMQ gives back what a dead worker
        // held, or what a lost answer was about.
        const more = broken || (context.wait === false && (await this.#unstall()) > 0);
        return more ? [] : undefined;
      }
      return readDeliveries(taken, this.#steps, context.refused);
    });
  }

  /** Gives back what is still held. */
  async leave(): Promise<void> {
    this.#heartbeat.stop();
    await Promise.all([...this.#held.values()].map((held) => this.#giveBack(held).catch(() => {})));
    await this.#close();
    this.#link.close();
  }

  /** Takes plain jobs, or where BullMQ itself must find out what comes next, any job. */
  async #takeJobs(max: number, broken: (reason: string) => void): Promise<readonly Held[]> {
    this.#takesUnderWay++;
    try {
      const taken = await this.#step(async (opened) => {
        const plain = await this.#takePlain(opened, max, broken);
        return plain.length > 0 ? plain : this.#askForAny(opened, max, broken);
      });
      for (const held of taken) this.#held.set(held.id, held);
      return taken;
    } finally {
      this.#takesUnderWay--;
    }
  }

  async #takePlain(
    opened: Opened,
    max: number,
    broken: (reason: string) => void,
  ): Promise<readonly Held[]> {
    const { redis, worker } = opened;
    const args = [
      worker.toKey(''),
      this.#token,
      LEASE_MS,
      Date.now(),
      max,
      MAX_UNPACKED_BYTES,
      MAX_TAKEN_BYTES,
    ];
    const keys = keysOf(worker, 'wait', 'active', 'meta', 'delayed', 'events');
    const plain: Held[] = [];
    for (const row of unpackRows(await TAKE.run(redis, keys, args), ROW)) {
      const [id, name, data] = row as readonly [Buffer, string, string];
      if (isUtf8(id)) plain.push({ id: id.toString('utf8'), token: this.#token, name, data });
      else {
        await deadLetter(opened, NOT_UTF8, { token: this.#token, id });
        broken(NOT_UTF8);
      }
    }
    return plain;
  }

  /** Asks in growing portions, so that a few jobs do not cost hundreds of questions. */
  async #askForAny(
    opened: Opened,
    max: number,
    broken: (reason: string) => void,
  ): Promise<readonly Held[]> {
    const held: Held[] = [];
    for (let portion = 1; held.length < max; portion = Math.min(portion * 4, MAX_ASKED)) {
      const asked = Math.min(portion, max - held.length);
      const answers = await Promise.allSettled(
        Array.from({ length: asked }, () => this.#askForOne(opened, broken)),
      );
      const got = answers.flatMap((answer) =>
        answer.status === 'fulfilled' ? (answer.value ?? []) : [],
      );
      held.push(...got.filter((one) => one !== 'broken'));
      const failed = answers.find((answer) => answer.status === 'rejected');
      if (failed !== undefined && held.length === 0) throw failed.reason;
      if (got.length < asked) break;
    }
    return held;
  }

  /**
   * Asks for one job, under a token of its own: by that it is found when BullMQ locks it and then
   * cannot read it.
   */
  async #askForOne(
    opened: Opened,
    broken: (reason: string) => void,
  ): Promise<Held | 'broken' | undefined> {
    const token = `${this.#token}:${randomUUID()}`;
    try {
      const job = (await opened.worker.getNextJob(token, { block: false })) as Job | undefined;
      if (job?.id?.includes('\ufffd')) throw new MessageError(NOT_UTF8);
      return job && { id: job.id!, token, name: job.name, job, fault: opened.faults.get(job) };
    } catch (error) {
      const reason = corruptionReason(error);
      if (reason === undefined || (await deadLetter(opened, reason, { token })) === 0) throw error;
      broken(reason);
      return 'broken';
    }
  }

  #acknowledge({ id, token, job }: Held): Promise<void> {
    return job === undefined
      ? this.#done.add(id)
      : this.#end(id, () => job.moveToCompleted(null, token, false));
  }

  async #complete(ids: readonly string[]): Promise<void> {
    const answer = this.#step(({ redis, worker }) =>
      DONE.run(redis, keysOf(worker, 'active', 'meta', 'stalled', 'events'), [
        worker.toKey(''),
        this.#token,
        ...ids,
      ]),
    );
    const lost = await answer.finally(() => {
      for (const id of ids) this.#held.delete(id);
    });
    if (lost !== 0) throw new Error(`${lost} of ${ids.length} jobs are no longer this worker's`);
  }

  #giveBack(held: Held): Promise<void> {
    return this.#end(held.id, (opened) => jobOf(opened, held).moveToWait(held.token));
  }

  /** Moves a job to the failed ones. */
  #fail(held: Held, reason: string): Promise<void> {
    const error = new Error(reasonText(reason));
    error.name = 'UnrecoverableError';
    error.stack = error.message;
    return this.#end(held.id, async (opened) => {
      try {
        await jobOf(opened, held).moveToFailed(error, held.token, false);
      } catch (fault) {
        // The script broke off in the middle: the job's parent is not a job, or its counts are not
        // numbers.
        if (corruptionReason(fault) === undefined) throw fault;
        await deadLetter(opened, error.message, held);
      }
    });
  }

  /** Ends a job. If Redis cannot be reached, the lock expires, and the job comes again. */
  async #end(id: string, how: (opened: Opened) => Promise<unknown>): Promise<void> {
    await this.#step(how).finally(() => this.#held.delete(id));
  }

  async #renew(): Promise<void> {
    const held = [...this.#held.values()].flatMap(({ id, token }) => [id, token]);
    await this.#step(({ redis, worker }) =>
      RENEW.run(redis, keysOf(worker, 'stalled'), [worker.toKey(''), LEASE_MS, ...held]),
    );
  }

  /** Gives back what dead workers held, and jobs of which this one never heard; returns a count. */
  #unstall(): Promise<number> {
    return this.#step(async ({ redis, worker }) => {
      const keys = keysOf(worker, 'active', 'wait', 'meta', 'marker', 'stalled', 'events');
      return (await UNSTALL.run(redis, keys, [
        worker.toKey(''),
        MAX_STALLED,
        this.#takesUnderWay === 0 ? this.#token : '',
        ...this.#held.keys(),
      ])) as number;
    });
  }

  #step<T>(ask: (opened: Opened) => Promise<T>): Promise<T> {
    return this.#link.step(async (redis) => ask(await this.#open(redis)));
  }

  #open(redis: Redis): Promise<Opened> {
    if (this.#opened?.redis !== redis) {
      void this.#close();
      const opened = { redis, opening: this.#openWorker(redis) };
      // The next attempt may succeed.
      opened.opening.catch(() => {
        if (this.#opened === opened) this.#opened = undefined;
      });
      this.#opened = opened;
    }
    return this.#opened.opening;
  }

  async #close(): Promise<void> {
    const opened = this.#opened;
    this.#opened = undefined;
    await opened?.opening.then(({ worker }) => worker.close(true)).catch(() => {});
  }

  async #openWorker(redis: Redis): Promise<Opened> {
    const opened = await openWorker(redis, this.#queueName, this.#prefix);
    this.#heartbeat.start();
    return opened;
  }
}

/** A job as BullMQ has it, for whatever else may become of it. */
const jobOf = (opened: Opened, { name, id, job }: Held): Job => job ?? opened.jobOf(name, id);
