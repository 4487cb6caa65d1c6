import type { Memory } from '../memory.js';
import { BaseCell } from './base-cell.js';

/** A double, set or moved up and down. Cantal's `Float`. */
export class FloatCell extends BaseCell {
  readonly kind = 'float';
  protected f64: Float64Array = this.memory.f64;

  /** Sets a finite number; anything else is dropped and logged once. */
  set(value: number): void {
    if (Number.isFinite(value)) this.f64[this.index] = value;
    else this.refuse(value, 'finite numbers');
  }

  /** Adds a finite number; anything else is dropped and logged once. */
  incr(value = 1): void {
    if (Number.isFinite(value)) this.f64[this.index] = this.f64[this.index]! + value;
    else this.refuse(value, 'finite numbers');
  }

  get(): number {
    return this.f64[this.index]!;
  }

  override moveTo(memory: Memory, index: number): void {
    super.moveTo(memory, index);
    this.f64 = memory.f64;
  }
}
