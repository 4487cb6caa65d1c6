import { randomUUID } from 'node:crypto';
import { deflateSync } from 'node:zlib';
import type { Report } from '../../reports/report.js';
import { Gather, poll } from '../consuming/batch-and-poll.js';
import { LEASE } from '../consuming/heartbeat.js';
import { Holding } from '../consuming/jobs-in-hand.js';
import { deliveriesOf } from '../consuming/read-jobs.js';
import { MessageError } from '../errors.js';
import { checkSize, MAX_TAKEN_BYTES, MAX_WIRE_BYTES, reasonText } from '../jobs/limits.js';
import type { RedisLink } from '../redis/redis-link.js';
import type { Script } from '../redis/script.js';
import type { Delivery, TakeContext } from '../report-queue.js';
import { FAILURE_TTL, readJob } from './message.js';
import { DONE, FAIL, LEAVE, RECOVER, RETURN, TAKE } from './scripts.js';

type Row = [
  id: Buffer,
  bytes: number,
  data?: Buffer | null,
  report?: Buffer | null,
  createdAt?: Buffer | null,
];

/**
 * A worker's side of an RQ queue: jobs are held in a list of its own, which others give back when
 * it no longer beats.
 */
export class RQConsumer {
  readonly #link: RedisLink;
  readonly #queueName: string;
  readonly #worker = randomUUID();
  readonly #holding = new Holding((ids) => this.#run(RECOVER, [LEASE, ...ids]));
  readonly #done = new Gather<string>(
    async (ids) => void (await this.#holding.end(ids, () => this.#run(DONE, ids))),
  );
  #joined = false;

  constructor(link: RedisLink, queueName: string) {
    this.#link = link;
    this.#queueName = queueName;
  }

  async take(context: TakeContext): Promise<readonly Delivery[]> {
    if (!this.#joined) {
      await this.#holding.start();
      this.#joined = true;
    }
    return poll(context, async () => {
      const args = [LEASE, context.max, MAX_WIRE_BYTES, MAX_TAKEN_BYTES, rqTime()];
      const rows = await this.#holding.take(
        async () => (await this.#run(TAKE, args)) as Row[],
        (taken) => taken.map(([id]) => id.toString('utf8')),
      );
      return rows.length === 0
        ? undefined
        : deliveriesOf(rows, {
            read: (row) => this.#delivery(row),
            bury: ([id], reason) => this.#fail(id.toString('utf8'), reason),
            refused: context.refused,
          });
    });
  }

  /** Gives back what is still held. */
  async leave(): Promise<void> {
    this.#holding.stop();
    if (this.#joined) await this.#run(LEAVE, []);
    this.#joined = false;
  }

  #delivery([idBytes, bytes, data, report, createdAt]: Row): Delivery | undefined {
    const id = idBytes.toString('utf8');
    if (bytes === -2) {
      // A job that was deleted while it waited is nobody's loss.
      void this.#holding.end([id], async () => {});
      return undefined;
    }
    if (bytes === -1) throw new MessageError('the job is no hash');
    if (data === undefined) checkSize(bytes, MAX_WIRE_BYTES);
    if (data === undefined || data === null) throw new MessageError('the job has no data');
    return this.#held(
      id,
      readJob({ id, data, report: report ?? null, createdAt: createdAt ?? null }),
    );
  }

  #held(id: string, report: Report): Delivery {
    return {
      report,
      acknowledge: () => this.#done.add(id),
      retry: async () => void (await this.#holding.end([id], () => this.#run(RETURN, [id]))),
      reject: (reason) => this.#fail(id, reason),
    };
  }

  async #fail(id: string, reason: string): Promise<void> {
    const text = reasonText(reason);
    const stored = deflateSync(text).toString('base64');
    const now = Math.floor(Date.now() / 1_000);
    const args = [id, text, stored, rqTime(), now, FAILURE_TTL];
    await this.#holding.end([id], () => this.#run(FAIL, args, `rq:failed:${this.#queueName}`));
  }

  #run(
    script: Script,
    args: readonly (string | number)[],
    ...keys: readonly string[]
  ): Promise<unknown> {
    return this.#link.step((redis) =>
      script.run(redis, [`rq:queue:${this.#queueName}`, ...keys], [this.#worker, ...args]),
    );
  }
}

const rqTime = (): string => new Date().toISOString().replace('Z', '000Z');
