import { randomUUID } from 'node:crypto';
import type { Report } from '../../../reports/report.js';
import { Gather, poll } from '../../consuming/batch-and-poll.js';
import { LEASE } from '../../consuming/heartbeat.js';
import { Holding } from '../../consuming/jobs-in-hand.js';
import { deliveriesOf } from '../../consuming/read-jobs.js';
import { MAX_TAKEN_BYTES, MAX_WIRE_BYTES, reasonText } from '../../jobs/limits.js';
import { readJson } from '../../jobs/python-json.js';
import type { RedisLink } from '../../redis/redis-link.js';
import type { Script } from '../../redis/script.js';
import type { Delivery, TakeContext } from '../../report-queue.js';
import { readMessage } from '../message.js';
import { openEnvelope } from './envelope.js';
import { BURY, DONE, LEAVE, RECOVER, RETURN, TAKE } from './scripts.js';

/**
 * Seconds: kombu's default. All consumers of one Redis database share what is held, so all should
 * have the same.
 */
const VISIBILITY_TIMEOUT = 3_600;
/** kombu's names for the lists of priorities 3, 6 and 9; a lower number is served first. */
const PRIORITIES = [3, 6, 9].map((priority) => `\x06\x16${priority}`);

type Row = readonly [tag: Buffer, message: Buffer | number];

/**
 * A worker's side of a Celery queue on Redis. What it holds is where kombu's workers hold theirs,
 * and comes back when it no longer beats.
 */
export class CeleryRedisConsumer {
  readonly #link: RedisLink;
  readonly #queue: string;
  /** Kombu's suffix of a held message: exchange and routing key. */
  readonly #suffix: string;
  readonly #worker = randomUUID();
  readonly #holding = new Holding((tags) => this.#recover(tags));
  readonly #done = new Gather<string>(
    async (tags) => void (await this.#holding.end(tags, () => this.#run(DONE, tags))),
  );
  #joined = false;
  #tags = 0;

  constructor(link: RedisLink, queue: string) {
    this.#link = link;
    this.#queue = queue;
    this.#suffix = `,"",${JSON.stringify(queue)}]`;
  }

  async take(context: TakeContext): Promise<readonly Delivery[]> {
    if (!this.#joined) {
      await this.#holding.start();
      this.#joined = true;
    }
    return poll(context, async () => {
      const first = this.#tags;
      this.#tags += context.max;
      const tooLarge = `too large: the limit is ${MAX_WIRE_BYTES} bytes`;
      const args = [
        LEASE,
        context.max,
        MAX_WIRE_BYTES,
        MAX_TAKEN_BYTES,
        first,
        this.#suffix,
        JSON.stringify(tooLarge),
      ];
      const rows = await this.#holding.take(
        async () =>
          (await this.#run(
            TAKE,
            args,
            ...PRIORITIES.map((priority) => this.#queue + priority),
          )) as Row[],
        (taken) => taken.map(([tag]) => tag.toString('utf8')).filter((tag) => tag !== ''),
      );
      return rows.length === 0
        ? undefined
        : deliveriesOf(rows, {
            read: (row) => this.#delivery(row, () => context.refused?.(tooLarge)),
            bury: ([tag], reason) => this.#bury(tag.toString('utf8'), reason),
            refused: context.refused,
          });
    });
  }

  /** Gives back what is still held. */
  async leave(): Promise<void> {
    this.#holding.stop();
    if (this.#joined) await this.#run(LEAVE, [this.#suffix]);
    this.#joined = false;
  }

  #delivery([tagBytes, message]: Row, refused: () => void): Delivery | undefined {
    if (typeof message === 'number') {
      // It went to the dead letters where it was found.
      refused();
      return undefined;
    }
    return this.#held(
      tagBytes.toString('utf8'),
      readMessage(openEnvelope(readJson(message.toString('utf8'), MAX_WIRE_BYTES))),
    );
  }

  #held(tag: string, report: Report): Delivery {
    return {
      report,
      acknowledge: () => this.#done.add(tag),
      retry: async () =>
        void (await this.#holding.end([tag], () => this.#run(RETURN, [tag, this.#suffix]))),
      reject: (reason) => this.#bury(tag, reason),
    };
  }

  async #bury(tag: string, reason: string): Promise<void> {
    const args = [tag, this.#suffix, JSON.stringify(reasonText(reason)), MAX_WIRE_BYTES];
    await this.#holding.end([tag], () => this.#run(BURY, args));
  }

  async #recover(inHand: readonly string[]): Promise<void> {
    const suffixes = [this.#suffix, `, "", ${JSON.stringify(this.#queue)}]`];
    await this.#run(RECOVER, [LEASE, ...suffixes, VISIBILITY_TIMEOUT, ...inHand]);
  }

  #run(
    script: Script,
    args: readonly (string | number)[],
    ...keys: readonly string[]
  ): Promise<unknown> {
    return this.#link.step((redis) =>
      script.run(redis, [this.#queue, ...keys], [this.#worker, ...args]),
    );
  }
}
