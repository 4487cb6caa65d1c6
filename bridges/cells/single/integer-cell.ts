import type { Memory } from '../memory.js';
import { BaseCell } from './base-cell.js';

const LOWEST = -(2n ** 63n);
const HIGHEST = 2n ** 63n - 1n;

/** Signed 64 bits, set or moved up and down. Cantal's `Integer`; wraps where it overflows. */
export class IntegerCell extends BaseCell {
  readonly kind = 'integer';
  protected i64: BigInt64Array = this.memory.i64;

  /** Sets a whole number within 64 bits; anything else is dropped and logged once. */
  set(value: number | bigint): void {
    if (
      typeof value === 'number' &&
      (value | 0) === value &&
      this.i32[this.low + 1] === value >> 31
    ) {
      this.i32[this.low] = value; // the upper half is right already: one store shows it whole
      return;
    }
    const whole = this.#whole(value);
    if (whole !== undefined) this.i64[this.index] = whole;
  }

  /** Adds a whole number, negative ones too; anything else is dropped and logged once. */
  incr(value: number | bigint = 1): void {
    if (typeof value === 'number' && (value | 0) === value) {
      const before = this.i32[this.low]!;
      const after = (before + value) | 0;
      // No carry out of the low half (value >= 0), no borrow into it (value < 0).
      if ((value >= 0 ? before & ~after : ~before & after) >= 0) {
        this.i32[this.low] = after;
        return;
      }
    }
    const whole = this.#whole(value);
    if (whole !== undefined) this.i64[this.index] = this.i64[this.index]! + whole;
  }

  /** Subtracts a whole number; anything else is dropped and logged once. */
  decr(value: number | bigint = 1): void {
    if (typeof value === 'number' || typeof value === 'bigint') this.incr(-value);
    else this.refuse(value, 'whole numbers of at most 64 bits');
  }

  /** As a number: exact up to 2^53. */
  get(): number {
    return Number(this.i64[this.index]!);
  }

  /** All 64 bits. */
  exact(): bigint {
    return this.i64[this.index]!;
  }

  override moveTo(memory: Memory, index: number): void {
    super.moveTo(memory, index);
    this.i64 = memory.i64;
  }

  #whole(value: unknown): bigint | undefined {
    const whole = typeof value === 'number' && Number.isInteger(value) ? BigInt(value) : value;
    if (typeof whole === 'bigint' && whole >= LOWEST && whole <= HIGHEST) return whole;
    this.refuse(value, 'whole numbers of at most 64 bits');
    return undefined;
  }
}
