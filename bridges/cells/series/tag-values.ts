import type { TagValue } from '../store.js';

/** The tag value that values beyond a key's limit become. */
export const OTHER = '__other__';
export const OTHER_ID = 1;

/** Places for texts: a power of two, at least twice as many as there are values, up to a limit. */
const FIRST_PLACES = 8;
const MAX_PLACES = 4_096;

/**
 * The distinct values of one key over all series of a family. Each has a number from 1 on, its id,
 * for as long as a series has the value.
 */
export class TagValues {
  /** `__other__` is always there, and never counted. */
  readonly #ids = new Map<TagValue, number>([[OTHER, OTHER_ID]]);
  /** The number of series that have the key. */
  series = 0;
  /** True once a warning was logged that this key's values fold. */
  warned = false;
  readonly #limit: number;
  /** By id, like the number of series that have each. */
  readonly #values: TagValue[] = [OTHER, OTHER];
  readonly #uses: number[] = [0, 0];
  readonly #free: number[] = [];
  /**
   * Texts that were asked for, each in the place that its end and its length name, and their ids: a
   * look into the map takes longer, twice as long where values come in no order.
   */
  #texts = emptyPlaces(FIRST_PLACES);
  #textIds = new Int32Array(FIRST_PLACES);

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The id of a value, if it has one. */
  idOf(value: TagValue): number | undefined {
    if (typeof value !== 'string') return this.#ids.get(value);
    const place = placeOf(value, this.#textIds.length);
    return this.#texts[place] === value ? this.#textIds[place] : this.#look(value, place);
  }

  /** True if `value` is one too many. */
  folds(value: TagValue): boolean {
    return this.#ids.size > this.#limit && !this.#ids.has(value);
  }

  valueOf(id: number): TagValue {
    return this.#values[id]!;
  }

  /** Counts one series more that has the value. */
  use(value: TagValue): void {
    let id = this.#ids.get(value);
    if (id === undefined) {
      id = this.#free.pop() ?? this.#values.length;
      this.#values[id] = value;
      this.#uses[id] = 0;
      this.#ids.set(value, id);
      this.#makePlaces();
    }
    this.#uses[id]!++;
    this.series++;
  }

  /** Counts one series less; the id of a value without series goes to another value. */
  release(value: TagValue): void {
    this.series--;
    const id = this.#ids.get(value)!;
    if (--this.#uses[id]! > 0 || id === OTHER_ID) return;
    this.#ids.delete(value);
    this.#values[id] = OTHER;
    this.#free.push(id);
    if (typeof value !== 'string') return;
    const place = placeOf(value, this.#textIds.length);
    if (this.#texts[place] === value) this.#texts[place] = foreignTo(place);
  }

  #look(text: string, place: number): number | undefined {
    const id = this.#ids.get(text);
    if (id === undefined) return undefined;
    // The family's own text: the application's may be a part of a large one.
    this.#texts[place] = this.#values[id] as string;
    this.#textIds[place] = id;
    return id;
  }

  #makePlaces(): void {
    const places = this.#textIds.length * 2;
    if (this.#ids.size * 4 <= places || places > MAX_PLACES) return;
    this.#texts = emptyPlaces(places);
    this.#textIds = new Int32Array(places);
  }
}

const emptyPlaces = (places: number): string[] =>
  Array.from({ length: places }, (_, place) => foreignTo(place));

/** A text that belongs into another place. */
const foreignTo = (place: number): string => (place === 0 ? 'a' : '');

/** One of so many places for a text, by its end, where values mostly differ, and its length. */
function placeOf(text: string, places: number): number {
  const { length } = text;
  const last = places - 1;
  if (length < 2) return length === 0 ? 0 : text.charCodeAt(0) & last;
  return (text.charCodeAt(length - 1) + text.charCodeAt(length - 2) * 11 + length) & last;
}
