import { withoutSecrets } from '../../../exporters/diagnostics/secrets.js';
import type { Report } from '../../../exporters/reports/report.js';
import { monotonic, nextTurn } from '../../../exporters/timing/real-timers.js';
import { sleep } from '../../../exporters/timing/sleep.js';
import type { Range, SourceState } from './protocol.js';
import { Recent } from './series/recent.js';
import { Silence } from './silence.js';
import type { Source, SourceReader } from './source.js';

/**
 * Reports may be stored later than they were made: this much before the newest one is read again.
 */
const OVERLAP_MS = 60_000;
const PAUSE_MS = 2_000;
/** A store that sends nothing for this long is assumed to hang. */
const SILENCE_MS = 30_000;
/** Without a page that asks, reading pauses. */
const IDLE_AFTER_MS = 30_000;
/** Reports that are taken in at a time: the page sees them while more are read. */
const BATCH_REPORTS = 2_000;
/** Ids beyond this are forgotten where they are old. */
const MAX_SEEN_IDS = 50_000;

/** The length of each range and of its first steps, in milliseconds. */
const RANGES: Readonly<Record<Range, readonly [length: number, step: number]>> = {
  '15m': [15 * 60_000, 10_000],
  '1h': [3_600_000, 10_000],
  '6h': [6 * 3_600_000, 60_000],
  '24h': [24 * 3_600_000, 300_000],
  all: [Number.POSITIVE_INFINITY, 1_000],
};

/** Reads what a source gets, again and again as long as a page asks, and keeps one range of it. */
export class Follower {
  /** The token of what is known; another one after the beginning had to be read again. */
  recent: Recent;
  readonly #source: Source;
  #reader: SourceReader;
  readonly #length: number;
  readonly #step: number;
  readonly #end: AbortSignal;
  /** Times by id, of reports that may be read again. */
  readonly #seen = new Map<string, number>();
  /** Monotonic milliseconds of the last question. */
  #askedAt = 0;
  #working = false;
  #read = 0;
  #readAt: number | undefined;
  #problem: string | undefined;

  /** `end`: ends the reading for good. */
  constructor(source: Source, range: Range, end: AbortSignal) {
    const [length, step] = RANGES[range];
    this.#source = source;
    this.#reader = source.reader();
    this.#length = length;
    this.#step = step;
    this.#end = end;
    this.recent = new Recent(step);
  }

  /** Called for each question of a page: goes on reading. */
  wake(): void {
    this.#askedAt = monotonic();
    if (this.#working) return;
    this.#working = true;
    void this.#work();
  }

  /** Begin and end of the time that is kept, milliseconds since the epoch. */
  span(now: number): readonly [number, number] {
    if (this.#length !== Number.POSITIVE_INFINITY) return [now - this.#length, now];
    const { oldest, newest, step } = this.recent;
    return newest >= oldest ? [oldest - step, newest + step] : [now - 900_000, now];
  }

  get state(): SourceState {
    const { name, ranges } = this.#source;
    const problem = this.#problem ?? this.#source.problem;
    const state = this.#phase;
    return {
      ...(name !== undefined && { name }),
      ranges,
      state,
      read: this.#read,
      ...(problem !== undefined && { problem }),
      ...(this.#readAt !== undefined && { readAt: this.#readAt }),
    };
  }

  get #phase(): SourceState['state'] {
    if (this.#source.problem !== undefined) return 'none';
    if (this.#problem !== undefined) return 'failing';
    return this.#readAt === undefined ? 'loading' : 'live';
  }

  async #work(): Promise<void> {
    try {
      while (!this.#end.aborted && monotonic() - this.#askedAt < IDLE_AFTER_MS) {
        await this.#readOnce();
        await sleep(PAUSE_MS, { signal: this.#end });
      }
    } finally {
      // No page is open: the memory is released, and the next request reads from the beginning.
      this.#reset();
      this.#working = false;
    }
  }

  async #readOnce(): Promise<void> {
    const first = this.#readAt === undefined;
    try {
      await this.#readNew();
      this.#readAt = Date.now();
      this.#problem = undefined;
      // By now it is known which series are the largest.
      if (first) this.recent.regroup();
    } catch (error) {
      this.#problem = withoutSecrets(error instanceof Error ? error.message : String(error));
      // The end of a failed first reading may be incomplete.
      if (first) this.#reset();
    }
    this.recent.forget(this.span(Date.now())[0]);
  }

  async #readNew(): Promise<void> {
    const { newest } = this.recent;
    const begin = Math.max(
      this.span(Date.now())[0],
      // Before the first reading has ended, more may be missing than the newest.
      this.#readAt === undefined ? Number.NEGATIVE_INFINITY : newest - OVERLAP_MS,
    );
    const everything = this.#readAt === undefined && this.#length === Number.POSITIVE_INFINITY;
    const since = everything || !Number.isFinite(begin) ? undefined : new Date(begin);
    const silence = new Silence(SILENCE_MS);
    try {
      const signal = AbortSignal.any([this.#end, silence.signal]);
      await this.#takeAll(this.#reader.read(since, signal), silence);
    } finally {
      silence.end();
    }
    this.#forgetSeen();
  }

  async #takeAll(reports: AsyncIterable<Report>, silence: Silence): Promise<void> {
    let batch: Report[] = [];
    try {
      for await (const report of reports) {
        if (this.#isNew(report)) batch.push(report);
        if (batch.length < BATCH_REPORTS) continue;
        silence.broken();
        this.#take(batch);
        batch = [];
        // Pages are answered meanwhile.
        await nextTurn();
      }
    } finally {
      // Also when it failed: they would not be new the next time.
      this.#take(batch);
    }
  }

  #reset(): void {
    this.#reader = this.#source.reader();
    this.recent = new Recent(this.#step);
    this.#seen.clear();
    this.#read = 0;
    this.#readAt = undefined;
  }

  #isNew({ id, timestamp }: Report): boolean {
    if (this.#seen.has(id)) return false;
    this.#seen.set(id, timestamp.getTime());
    return true;
  }

  #take(batch: readonly Report[]): void {
    this.#read += batch.length;
    const now = Date.now();
    this.recent.add(batch.map((report) => notBeyond(report, now)));
    if (this.#seen.size > MAX_SEEN_IDS) this.#forgetSeen();
  }

  #forgetSeen(): void {
    const before = this.recent.newest - 2 * OVERLAP_MS;
    for (const [id, time] of this.#seen) if (time < before) this.#seen.delete(id);
  }
}

/**
 * A report of a clock that is ahead, as if it was made now: by its own time, what others store
 * later would lie before what was read already.
 */
function notBeyond(report: Report, now: number): Report {
  const ahead = report.timestamp.getTime() - now;
  if (!(ahead > 0)) return report;
  const { startTimestamp: start } = report;
  return {
    ...report,
    timestamp: new Date(now),
    ...(start !== undefined && { startTimestamp: new Date(start.getTime() - ahead) }),
  };
}
