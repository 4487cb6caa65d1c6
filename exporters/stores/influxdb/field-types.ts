import type { FieldTyping, FieldValue, NumberType } from './line-text.js';
import type { Conflict } from './outcomes.js';

/** More fields than a sane store has; beyond it the oldest are learned again. */
const MAX_LEARNED_FIELDS = 10_000;

/** The types that fields have in the store: some by option, others learned from its refusals. */
export class FieldTypes implements FieldTyping {
  readonly #learned = new Map<string, NumberType>();
  readonly #taken = new Set<string>();
  readonly #integers: ReadonlySet<string>;

  constructor(integerFields: readonly string[]) {
    this.#integers = new Set(integerFields);
  }

  numberType(measurement: string, field: string): NumberType | undefined {
    if (this.#learned.size > 0) {
      const known = this.#learned.get(`${measurement}\0${field}`);
      if (known !== undefined) return known;
    }
    return this.#integers.has(field) ? 'integer' : undefined;
  }

  /**
   * True for a field of ours that the store has with another type than text, from another writer.
   */
  isTaken(measurement: string, field: string): boolean {
    return this.#taken.size > 0 && this.#taken.has(`${measurement}\0${field}`);
  }

  /** Remembers that the field belongs to another writer: ours is left out. */
  giveUp(measurement: string, field: string): void {
    if (this.#taken.size >= MAX_LEARNED_FIELDS) this.#taken.clear();
    this.#taken.add(`${measurement}\0${field}`);
  }

  /** Remembers how the store has the field, if as a number. */
  learn(measurement: string, { field, existing }: Conflict): void {
    if (existing !== 'integer' && existing !== 'float') return;
    if (this.#learned.size >= MAX_LEARNED_FIELDS) this.#learned.clear();
    this.#learned.set(`${measurement}\0${field}`, existing);
  }
}

/** True if a value can be written into a field of that type. */
export function fits(value: FieldValue | undefined, existing: string): boolean {
  switch (existing) {
    case 'integer':
      return typeof value === 'bigint' || Number.isSafeInteger(value);
    case 'float':
      return typeof value === 'number' || typeof value === 'bigint';
    default:
      return typeof value === existing;
  }
}
