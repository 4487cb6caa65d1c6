/** A pair that is not there has this value. Values are above it. */
export const NONE = -0x80000000;

/** Odd numbers whose products, in 32 bits, spread small numbers. */
const MIX = 0xc2b2ae3d;
const SPREAD = 0x9e3779b1;
const FIRST_PLACES = 8;
/** A grid of so many places is worth having however few pairs there are. */
const SMALL_GRID = 32;
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
 * From pairs of numbers to a number. Where most pairs of two ranges are there, a pair's place is in
 * a grid of both; else its hash names one, with open addressing. A pair takes about 18 bytes, in
 * V8's maps twice as much. It has a row, which is its own as long as it is there.
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
  /** Rows, each in its place of the grid or in the first free one from its hash; else 0. */
  #places = new Int32Array(FIRST_PLACES);
  /** Of a grid: the bits that a second number has; else 0. */
  #bits = 0;
  /** Above the greatest first and second number. */
  #firsts = 0;
  #seconds = 0;

  /** The row of a pair, 0 if it is not there. Its numbers are below 2^31 and not negative. */
  find(first: number, second: number): number {
    const bits = this.#bits;
    if (bits === 0) return this.#findByHash(first, second);
    const places = this.#places;
    return isInGrid(places.length, bits, first, second) ? places[(first << bits) | second]! : 0;
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

  #findByHash(first: number, second: number): number {
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

  #add(first: number, second: number): number {
    const row = this.#free || this.#makeRow();
    if (row === this.#free) this.#free = this.rows[row]!;
    this.rows[row] = first;
    this.rows[row + 1] = second;
    this.size++;
    this.#firsts = Math.max(this.#firsts, first + 1);
    this.#seconds = Math.max(this.#seconds, second + 1);
    const places = this.#places.length;
    const hasPlace =
      this.#bits === 0
        ? this.size <= mostPairsIn(places)
        : isInGrid(places, this.#bits, first, second);
    if (!hasPlace) this.#makePlaces();
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

  /** Gives the rows new places, with room for more. */
  #makePlaces(): void {
    const before = this.#places;
    let places = FIRST_PLACES;
    while (this.size > mostPairsIn(places)) places *= 2;
    const bits = 32 - Math.clz32(this.#seconds);
    const grid = (this.#firsts + (this.#firsts >> 2)) * 2 ** bits;
    const isGrid = grid <= Math.max(places, SMALL_GRID);
    this.#bits = isGrid ? bits : 0;
    this.#places = new Int32Array(isGrid ? grid : places);
    for (const row of before) if (row !== 0) this.#settle(row);
  }

  /** Gives a row its place. */
  #settle(row: number): void {
    this.#places[this.#seek(row, 0)] = row;
  }

  /** Frees a row's place, and settles those behind it again: it may have been in their way. */
  #unsettle(row: number): void {
    let place = this.#seek(row, row);
    this.#places[place] = 0;
    if (this.#bits !== 0) return;
    const last = this.#places.length - 1;
    for (;;) {
      place = (place + 1) & last;
      const other = this.#places[place]!;
      if (other === 0) return;
      this.#places[place] = 0;
      this.#settle(other);
    }
  }

  /** The place of a row: that of the grid, or from its hash on the first that has `content`. */
  #seek(row: number, content: number): number {
    const first = this.rows[row]!;
    const second = this.rows[row + 1]!;
    if (this.#bits !== 0) return (first << this.#bits) | second;
    const last = this.#places.length - 1;
    let place = homeOf(first, second, last);
    while (this.#places[place] !== content) place = (place + 1) & last;
    return place;
  }
}

/** True for a pair that has a place in a grid of so many, whether it is there or not. */
const isInGrid = (places: number, bits: number, first: number, second: number): boolean =>
  second >>> bits === 0 && first < places >>> bits;

/** The place that a pair's hash names by its first bits. `last` is the last place, all bits 1. */
function homeOf(first: number, second: number, last: number): number {
  const mixed = Math.imul(first, MIX) ^ second;
  return (Math.imul(mixed ^ (mixed >>> 15), SPREAD) >>> Math.clz32(last)) | 0;
}

const mostPairsIn = (places: number): number =>
  places * (places > SMALL_PLACES ? MAX_LOAD : SMALL_MAX_LOAD);
