import type { Report } from '../../reports/report.js';
import { isOptional, type Layout, type Point, toDocument, writeLine } from './documents.js';
import { type FieldTypes, fits } from './field-types.js';
import type { Bounds, Conflict, PartialWriteError } from './outcomes.js';

/** A report on its way, with its place in the batch. */
export interface Pending {
  readonly index: number;
  readonly report: Report;
  readonly line: string;
}

/**
 * The meaning of a refusal: the reports that are rejected, with their reasons, and those that are
 * written again. All others are stored.
 */
export interface Round {
  readonly rejected: ReadonlyMap<Pending, string>;
  readonly again: Pending[];
  /**
   * A field of ours that is left out from now on, with its measurement and the store's own words.
   */
  readonly givenUp?: {
    readonly field: string;
    readonly measurement: string;
    readonly reason: string;
  };
}

/**
 * Reads the refusals of one batch, round by round: learns the types that the store has, and finds
 * the reports it means.
 */
export class RefusalRounds {
  readonly #types: FieldTypes;
  readonly #layout: Layout;
  readonly #known = new Set<string>();

  constructor(types: FieldTypes, layout: Layout) {
    this.#types = types;
    this.#layout = layout;
  }

  /** @returns undefined when the refusal says nothing new about which points it means */
  next(refusal: PartialWriteError, pending: readonly Pending[]): Round | undefined {
    const { message, evidence } = refusal;
    const { dropped, bounds = {}, lines = new Map<number, string>(), conflict } = evidence;
    if (dropped !== undefined) return this.#convictByTime(message, dropped, bounds, pending);
    // Where the store names the lines it refused, the others are stored.
    const refused = lines.size === 0 ? pending : pending.filter((_, at) => lines.has(at));
    const round = conflict && this.#learn(message, conflict, refused);
    if (round !== undefined || lines.size === 0) return round;
    const reasons = pending.flatMap((entry, at) =>
      lines.has(at) ? [[entry, lines.get(at)!] as const] : [],
    );
    return { rejected: new Map(reasons), again: [] };
  }

  /**
   * All of them, as many as lie outside of the bounds that the store names, or where it names none
   * (InfluxDB before 1.12) the oldest.
   */
  #convictByTime(
    reason: string,
    dropped: number,
    { lower, upper }: Bounds,
    pending: readonly Pending[],
  ): Round | undefined {
    const isOutside = (entry: Pending): boolean => {
      const time = BigInt(this.#point(entry).time);
      return (lower !== undefined && time < lower) || (upper !== undefined && time > upper);
    };
    const outside =
      dropped === pending.length
        ? pending
        : lower === undefined && upper === undefined
          ? this.#oldest(dropped, pending)
          : pending.filter(isOutside);
    if (outside.length !== dropped) return undefined;
    return { rejected: new Map(outside.map((entry) => [entry, reason])), again: [] };
  }

  /** The oldest, if no other has the time of one of them; else none. */
  #oldest(count: number, pending: readonly Pending[]): readonly Pending[] {
    const timed = pending.map((entry) => ({ entry, time: BigInt(this.#point(entry).time) }));
    timed.sort((a, b) => (a.time < b.time ? -1 : 1));
    if (timed[count - 1]?.time === timed[count]?.time) return [];
    return timed.slice(0, count).map(({ entry }) => entry);
  }

  /** Remembers the type that the store has; rejects the values that do not fit it. */
  #learn(reason: string, conflict: Conflict, refused: readonly Pending[]): Round | undefined {
    const fieldOf = (entry: Pending) => this.#point(entry).fields.get(conflict.field);
    const concerned = refused.filter(
      (entry) =>
        (conflict.measurement ?? entry.report.metric) === entry.report.metric &&
        fieldOf(entry) !== undefined,
    );
    const key = JSON.stringify(conflict);
    if (concerned.length === 0 || this.#known.has(key)) return undefined;
    this.#known.add(key);
    const measurements = new Set(concerned.map(({ report }) => report.metric));
    if (isOptional(conflict.field)) return this.#giveUp(reason, conflict, measurements, refused);
    for (const measurement of measurements) this.#types.learn(measurement, conflict);
    const misfits = concerned.filter((entry) => !fits(fieldOf(entry), conflict.existing));
    const rejected = new Map(misfits.map((entry) => [entry, reason]));
    return { rejected, again: this.#again(refused.filter((entry) => !rejected.has(entry))) };
  }

  /** Leaves out a field of ours where another writer has a field of its name. */
  #giveUp(
    reason: string,
    { field }: Conflict,
    measurements: ReadonlySet<string>,
    refused: readonly Pending[],
  ): Round {
    for (const measurement of measurements) this.#types.giveUp(measurement, field);
    const givenUp = { field, measurement: [...measurements].join(', '), reason };
    return { rejected: new Map(), again: this.#again(refused), givenUp };
  }

  #again(refused: readonly Pending[]): Pending[] {
    return refused.map((entry) => ({
      ...entry,
      line: writeLine(this.#point(entry), this.#types),
    }));
  }

  #point({ report }: Pending): Point {
    return toDocument(report, this.#layout);
  }
}
