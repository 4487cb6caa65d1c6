/** A pair that is not there has this value. Values are above it. */
export const NONE = -0x80000000;

/** Odd numbers whose products, in 32 bits, spread small numbers. */
const MIX = 0xc2b2ae3d;
const SPREAD = 0x9e3779b1;
const FIRST_PLACES = 8;
/**
 * The greatest share of places in use: a pair is found in the third place then, on average. A wrong
 * place costs a tenth of a recording call, so that tables of few places have more of them free.
 */
const MAX_LOAD = 0.8;
const SMALL_MAX_LOAD = 0.4;
const SMALL_PLACES = 32_768;
/** Rows are copied when there is no more room: nine times each, on average, and few are unused. */
const GROWTH = 1.125;
/** The numbers in a row: a pair and its value. */
export const WIDTH = 3;

/**
 * From pairs of numbers to a number, with open addressing: a pair takes about 18 bytes, in V8's
 * maps twice as much. A pair has a row, which is its own as long as it is there.
 */
export class PairTable {
  /** The number of pairs. */
  size = 0;
  /** Row after row: a pair, and its value or, if it has none now, `NONE`. */
  rows = Int32Array.of(0, 0, NONE);
  /** The index after the last row. The first row, at 0, belongs to no pair. */
  end = WIDTH;
  /** A row that is free, or 0. Its first number is the next one. */
  #free = 0;
  /** Rows, each in the first free place from the one that its pair's hash names; else 0. */
  #places = new Int32Array(FIRST_PLACES);

  /** The row of a pair, 0 if it is not there. Its numbers are below 2^31 and not negative. */
  find(first: number, second: number): number {
    const rows = this.rows;
    const places = this.#places;
    const last = places.length - 1;
    let place = homeOf(first, second, last);
    for (;;) {
      const row = places[place]!;
      if (row === 0 || (rows[row] === first && rows[row + 1] === second)) return row;
      place = (place + 1) & last;
    }
  }

  /** The value of a pair, or `NONE`. */
  get(first: number, second: number): number {
    return this.rows[this.find(first, second) + 2]!;
  }

  /** Gives a pair a value. Returns its row. */
  set(first: number, second: number, value: number): number {
    const row = this.find(first, second) || this.#add(first, second);
    this.rows[row + 2] = value;
    return row;
  }

  /** Removes a pair, if it is there. */
  delete(first: number, second: number): void {
    const row = this.find(first, second);
    if (row === 0) return;
    this.#unsettle(row);
    this.rows[row] = this.#free;
    this.rows[row + 2] = NONE;
    this.#free = row;
    this.size--;
  }

  #add(first: number, second: number): number {
    const row = this.#free || this.#makeRow();
    if (row === this.#free) this.#free = this.rows[row]!;
    this.rows[row] = first;
    this.rows[row + 1] = second;
    if (++this.size > mostPairsIn(this.#places.length)) this.#growPlaces();
    this.#settle(row);
    return row;
  }

  #makeRow(): number {
    const row = this.end;
    this.end += WIDTH;
    if (row === this.rows.length) {
      const grown = new Int32Array(Math.ceil((this.end / WIDTH) * GROWTH) * WIDTH);
      grown.set(this.rows);
      this.rows = grown;
    }
    return row;
  }

  #growPlaces(): void {
    const before = this.#places;
    this.#places = new Int32Array(before.length * 2);
    for (const row of before) if (row !== 0) this.#settle(row);
  }

  /** Gives a row its place. */
  #settle(row: number): void {
    this.#places[this.#seek(row, 0)] = row;
  }

  /** Frees a row's place, and settles those behind it again: it may have been in their way. */
  #unsettle(row: number): void {
    const last = this.#places.length - 1;
    let place = this.#seek(row, row);
    for (let other = row; other !== 0; other = this.#places[place]!) {
      this.#places[place] = 0;
      if (other !== row) this.#settle(other);
      place = (place + 1) & last;
    }
  }

  /** The first place for a row that has `content`. */
  #seek(row: number, content: number): number {
    const last = this.#places.length - 1;
    let place = homeOf(this.rows[row]!, this.rows[row + 1]!, last);
    while (this.#places[place] !== content) place = (place + 1) & last;
    return place;
  }
}

/** The place that a pair's hash names by its first bits. `last` is the last place, all bits 1. */
function homeOf(first: number, second: number, last: number): number {
  const mixed = Math.imul(first, MIX) ^ second;
  return (Math.imul(mixed ^ (mixed >>> 15), SPREAD) >>> Math.clz32(last)) | 0;
}

const mostPairsIn = (places: number): number =>
  places * (places > SMALL_PLACES ? MAX_LOAD : SMALL_MAX_LOAD);
