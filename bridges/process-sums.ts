import type { CellKind, Dimensions } from './cells/cell.js';
import { formatDimensions } from './cells/meta-format.js';
import type { CellsReading } from './cells/reading/read-cells.js';

/** A counter or an integer, summed over processes. */
export interface Total {
  readonly kind: CellKind;
  readonly dimensions: Dimensions;
  readonly value: bigint;
}

/** The facts about one values file: the counts it showed last. */
interface Known {
  readonly counts: Map<string, bigint>;
  /** Of its process, where that is known. */
  pid: number | undefined;
  readonly born: number;
  /** For how many readings it was not there. */
  missing: number;
}

/** A file counts as gone after it was missing from this many readings. */
const MAX_READINGS = 5;

/**
 * Sums of the counters and integers of many processes. A process is a values file: a new file at
 * the same path is another process, and a pid that is used again means nothing. What a process
 * counted stays in the sum when its file, or a metric in it, goes; sums of counters never fall.
 */
export class ProcessSums {
  /** The number of living processes at the last reading. */
  alive = 0;
  readonly #files = new Map<string, Known>();
  readonly #dimensions = new Map<string, Dimensions>();
  /** Counts of files that are gone. */
  readonly #past = new Map<string, bigint>();
  #integers = new Map<string, bigint>();

  /** Takes in what all processes that could be read showed. */
  update(readings: readonly CellsReading[]): void {
    this.alive = 0;
    this.#integers = new Map();
    for (const reading of readings) {
      if (reading.alive) this.alive++;
      this.#take(reading);
    }
    const there = new Set(readings.map(({ identity, path }) => `${identity} ${path}`));
    for (const [file, known] of this.#files) if (!there.has(file)) this.#miss(file, known);
  }

  /** The sums over all processes, living and dead; integers of living ones only. */
  *totals(): Generator<Total, void, void> {
    const sums = new Map(this.#past);
    for (const { counts } of this.#files.values())
      for (const [key, count] of counts) raise(sums, key, count);
    for (const [key, value] of sums)
      yield { kind: 'counter', dimensions: this.#dimensions.get(key)!, value };
    for (const [key, value] of this.#integers)
      yield { kind: 'integer', dimensions: this.#dimensions.get(key)!, value };
  }

  #take(reading: CellsReading): void {
    const { alive, metrics } = reading;
    const known = this.#knownOf(reading);
    known.missing = 0;
    known.pid = reading.pid ?? known.pid;
    const counts = new Map<string, bigint>();
    for (const { kind, dimensions, value } of metrics) {
      if (kind === 'counter') raise(counts, this.#keyOf(dimensions), value as bigint);
      else if (kind === 'integer' && alive) this.#add(dimensions, value as bigint);
    }
    for (const [key, count] of counts) {
      const before = known.counts.get(key);
      // It wrapped, or was restarted: its earlier value is already counted.
      if (before !== undefined && count < before) raise(this.#past, key, before);
      known.counts.set(key, count);
    }
  }

  /**
   * A file of another process that was made at another time is another one, which has got the
   * number of one that is gone.
   */
  #knownOf({ identity, path, pid, born }: CellsReading): Known {
    const file = `${identity} ${path}`;
    const known = this.#files.get(file);
    if (known !== undefined) {
      const isAnother = pid !== undefined && known.pid !== undefined && pid !== known.pid;
      if (!isAnother || known.born === born) return known;
      this.#leaveBehind(known);
    }
    const made: Known = { counts: new Map(), pid, born, missing: 0 };
    this.#files.set(file, made);
    return made;
  }

  #leaveBehind({ counts }: Known): void {
    for (const [key, count] of counts) raise(this.#past, key, count);
  }

  #keyOf(dimensions: Dimensions): string {
    const shared = withoutThread(dimensions);
    const key = formatDimensions(shared);
    this.#dimensions.set(key, shared);
    return key;
  }

  #add(dimensions: Dimensions, value: bigint): void {
    const key = this.#keyOf(dimensions);
    this.#integers.set(key, (this.#integers.get(key) ?? 0n) + value);
  }

  // A file that cannot be read this once may come back, and must not be counted twice then.
  #miss(file: string, known: Known): void {
    if (++known.missing < MAX_READINGS) return;
    this.#leaveBehind(known);
    this.#files.delete(file);
  }
}

/**
 * A process's threads are one: what a thread counted moves to another line of its file when it
 * ends.
 */
function withoutThread(dimensions: Dimensions): Dimensions {
  const { thread, ...others } = dimensions;
  return thread !== undefined && /^(\d+|ended)$/.test(thread) ? others : dimensions;
}

function raise(sums: Map<string, bigint>, key: string, by: bigint): void {
  sums.set(key, (sums.get(key) ?? 0n) + by);
}
