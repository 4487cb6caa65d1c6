import type { By, Kind } from '../protocol.js';
import { tagText } from './classify.js';
import type { Series } from './series.js';

/** Lines that stand alone unasked; the others are added up. */
export const MAX_LINES = 10;

/** Series that are drawn as one line. */
export interface Line {
  readonly label: string;
  readonly series: Series[];
}

/** The series of a metric, as lines: the largest first. */
export class Grouping {
  readonly #lines = new Map<string, Line>();
  readonly #ranked: Line[] = [];
  readonly #by: By;
  readonly #kind: Kind;

  constructor(by: By, kind: Kind, series: Iterable<Series>) {
    this.#by = by;
    this.#kind = kind;
    for (const one of series) this.add(one);
    const sizes = new Map(this.#ranked.map((line) => [line, sizeOf(line)]));
    this.#ranked.sort((a, b) => sizes.get(b)! - sizes.get(a)!);
  }

  /** Adds a series to its line, or as a new last line. */
  add(series: Series): void {
    const label = this.#labelOf(series);
    const known = this.#lines.get(label);
    if (known !== undefined) {
      known.series.push(series);
      return;
    }
    const line = { label, series: [series] };
    this.#lines.set(label, line);
    this.#ranked.push(line);
  }

  /** The lines, and how many of them were folded into the last one. `all`: none is. */
  lines(all: boolean): { lines: readonly Line[]; folded: number } {
    const ranked = this.#ranked;
    if (all || ranked.length <= MAX_LINES + 1) return { lines: ranked, folded: 0 };
    const alone = ranked.slice(0, MAX_LINES);
    const others = ranked.slice(MAX_LINES);
    const folded = others.length;
    // The values of different gauges do not add up.
    if (this.#kind === 'gauge') return { lines: alone, folded };
    const rest = { label: `${folded} others`, series: others.flatMap(({ series }) => series) };
    return { lines: [...alone, rest], folded };
  }

  #labelOf({ tags, instance }: Series): string {
    if (this.#by === 'none') return '';
    if (this.#by === 'instance') return instance;
    if (this.#by === 'each') {
      const text = tagText(tags);
      return this.#kind === 'gauge'
        ? [text, instance].filter((part) => part !== '').join(' @ ')
        : text;
    }
    const key = this.#by.slice('tag:'.length);
    const found = tags.find(([tag]) => tag === key);
    return found === undefined ? `without ${key}` : found[1] || key;
  }
}

function sizeOf({ series }: Line): number {
  let size = 0;
  for (const { steps } of series)
    for (const { tally } of steps.values()) size += Math.abs(tally.amount || (tally.last ?? 0));
  return size;
}
