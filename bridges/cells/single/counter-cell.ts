import type { Memory } from '../memory.js';
import { BaseCell } from './base-cell.js';

/** Unsigned 64 bits that only grow, and wrap at 2^64. Cantal's `Counter`. */
export class CounterCell extends BaseCell {
  readonly kind = 'counter';
  protected u64: BigUint64Array = this.memory.u64;

  /**
   * Adds `value`, a whole number of 0 or more; anything else is dropped and logged once.
   *
   * A reader of mapped memory must never see half an addition. So either the low 32 bits alone
   * change, by one store, or, on a carry into the upper half, the whole word does, by one store.
   */
  incr(value: number | bigint = 1): void {
    if (typeof value === 'number' && (value | 0) === value && value >= 0) {
      const before = this.i32[this.low]!;
      const after = (before + value) | 0;
      if ((before & ~after) >= 0) {
        this.i32[this.low] = after;
        return;
      }
    }
    this.#addWhole(value);
  }

  get(): bigint {
    return this.u64[this.index]!;
  }

  override moveTo(memory: Memory, index: number): void {
    super.moveTo(memory, index);
    this.u64 = memory.u64;
  }

  #addWhole(value: unknown): void {
    const whole = typeof value === 'number' && Number.isInteger(value) ? BigInt(value) : value;
    if (typeof whole === 'bigint' && whole >= 0n)
      this.u64[this.index] = this.u64[this.index]! + whole;
    else this.refuse(value, 'whole numbers of 0 or more');
  }
}
