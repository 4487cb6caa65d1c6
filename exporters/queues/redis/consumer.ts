import type { Report } from '../../reports/report.js';
import { JobsInHand } from '../consuming/jobs-in-hand.js';
import { poll } from '../consuming/poll.js';
import { type JobSteps, readDeliveries } from '../consuming/read-jobs.js';
import { TurnBatcher } from '../consuming/turn-batcher.js';
import type { Delivery, TakeContext } from '../report-queue.js';
import { type FieldType, type RowOf, unpackRows } from './lua.js';
import type { RedisLink } from './redis-link.js';
import type { Script } from './script.js';

/** A script with what it is given, beside the queue's key and the worker's id. */
export interface Command {
  readonly script: Script;
  /** Keys behind that of the queue. Default none. */
  readonly keys?: readonly string[];
  /** Arguments behind the id of the worker. */
  readonly args: readonly (string | number | Buffer)[];
}

/**
 * The fields of a job as a queue's script answers it. Its id comes first, null once it is among the
 * dead letters; it need not be UTF-8, and must be found again.
 */
export type RowTypes = readonly ['latin1', ...fields: FieldType[]];

/** The scripts of one kind of queue, and the way to read its jobs. */
export interface JobCommands<Types extends RowTypes> {
  /** The key of the queue in Redis: the first key of each script. */
  readonly queueKey: string;
  /** The types of the fields in a row. */
  readonly rowTypes: Types;
  /** Moves up to `max` jobs to the worker, and answers a row for each, packed. */
  take(max: number): Command;
  /** Forgets jobs whose reports are stored. */
  acknowledge(ids: readonly string[]): Command;
  /** Gives one job back to the head of the queue. */
  giveBack(id: string): Command;
  /** Moves a job to the dead letters. */
  deadLetter(id: string, reason: string): Command;
  /**
   * Says that the worker lives, and gives back what it and dead workers hold without working on it.
   */
  recover(inHand: readonly string[]): Command;
  /** Gives back everything that the worker holds. */
  leave(): Command;
  /**
   * Reads the report of a job; `undefined` when the job was deleted while it waited.
   * @throws MessageError when the job holds none.
   */
  read(row: RowOf<Types>): Report | undefined;
}

/**
 * A worker's side of a queue in Redis: Redis keeps the jobs that the worker has in hand under the
 * worker's id, and other workers give them back when it no longer beats.
 */
export class RedisConsumer<Types extends RowTypes> {
  readonly #link: RedisLink;
  readonly #commands: JobCommands<Types>;
  readonly #worker: string;
  readonly #inHand = new JobsInHand((ids) => this.#run(this.#commands.recover(ids)));
  readonly #acknowledged = new TurnBatcher<string>((ids) =>
    this.#end(ids, this.#commands.acknowledge(ids)),
  );
  readonly #steps: JobSteps<RowOf<Types>, string | undefined> = {
    read: (row) => this.#read(row),
    keyOf: idOf,
    acknowledge: (id) => this.#acknowledged.add(id!),
    giveBack: (id) => this.#end([id!], this.#commands.giveBack(id!)),
    deadLetter: (id, reason) => this.#deadLetter(id, reason),
  };
  #joined = false;

  /** @param worker the id of this worker, which no other one has. */
  constructor(link: RedisLink, worker: string, commands: JobCommands<Types>) {
    this.#link = link;
    this.#worker = worker;
    this.#commands = commands;
  }

  /** Takes jobs, as {@link ReportQueue.take}. */
  async take(context: TakeContext): Promise<readonly Delivery[]> {
    if (!this.#joined) {
      await this.#inHand.start();
      this.#joined = true;
    }
    return poll(context, async () => {
      const rows = await this.#takeWaiting(context);
      return rows.length === 0 ? undefined : readDeliveries(rows, this.#steps, context.refused);
    });
  }

  /** Gives back what is still held. */
  async leave(): Promise<void> {
    this.#inHand.stop();
    if (this.#joined) await this.#run(this.#commands.leave());
    this.#joined = false;
  }

  /**
   * Takes what waits. A caller that does not wait would be gone before the next beat gives back
   * jobs whose answer was lost, and those of a worker that died.
   */
  async #takeWaiting({ max, wait = true }: TakeContext): Promise<readonly RowOf<Types>[]> {
    const rows = await this.#takeRows(max);
    if (rows.length > 0 || wait) return rows;
    await this.#inHand.beat();
    return this.#takeRows(max);
  }

  #takeRows(max: number): Promise<readonly RowOf<Types>[]> {
    return this.#inHand.take(
      async () => {
        const answer = await this.#run(this.#commands.take(max));
        return unpackRows(answer, this.#commands.rowTypes);
      },
      (rows) => rows.map(idOf).filter((id) => id !== undefined),
    );
  }

  #read(row: RowOf<Types>): Report | undefined {
    // What is among the dead letters already has no report to read.
    const report = this.#commands.read(row);
    if (report === undefined) this.#inHand.forget([idOf(row)!]);
    return report;
  }

  async #deadLetter(id: string | undefined, reason: string): Promise<void> {
    if (id !== undefined) await this.#end([id], this.#commands.deadLetter(id, reason));
  }

  /** Ends jobs, whether or not Redis answers: what it still keeps goes back with the next beat. */
  async #end(ids: readonly string[], command: Command): Promise<void> {
    try {
      await this.#run(command);
    } finally {
      this.#inHand.forget(ids);
    }
  }

  #run({ script, keys = [], args }: Command): Promise<unknown> {
    return this.#link.step((redis) =>
      script.run(redis, [this.#commands.queueKey, ...keys], [this.#worker, ...args]),
    );
  }
}

const idOf = (row: readonly unknown[]): string | undefined =>
  (row[0] as string | null) ?? undefined;

/** The bytes of an id as Redis has it. */
export const idBytes = (id: string): Buffer => Buffer.from(id, 'latin1');
