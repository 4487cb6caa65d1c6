import { TextDecoder, TextEncoder } from 'node:util';
import type { Dimensions } from '../cell.js';
import type { Memory } from '../memory.js';
import { BaseCell } from './base-cell.js';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * A 64-bit time is put together here, so that the cell gets it in one store and no BigInt is made.
 */
const time = new Float64Array(1);
const timeHalves = new Int32Array(time.buffer);

/**
 * A text ready to be entered into states of one size: padded with zero bytes to whole 32-bit steps.
 */
export type EncodedText = Int32Array;

/**
 * The value that a state shows: the text, and since when (`Date`), or `null` when it is in no
 * state.
 */
export type StateValue = { text: string; since: Date } | null;

/**
 * A text and the millisecond it was entered at, 0 for none. Cantal's `State`: 64 bits of time, then
 * UTF-8, NUL-terminated unless it fills the field.
 */
export class StateCell extends BaseCell {
  readonly kind = 'state';
  /** Bytes of text the cell holds; longer texts are cut between characters. */
  readonly size: number;
  protected f64: Float64Array = this.memory.f64;

  /**
   * `size`: bytes of text, 1 to 65,527. Throws `RangeError` otherwise, `TypeError` for dimensions
   * that are not strings.
   */
  constructor(dimensions: Dimensions, { size = 56 }: { size?: number | undefined } = {}) {
    if (!Number.isInteger(size) || size < 1 || size > 65_527) {
      throw new RangeError(
        `A state's size is a whole number of bytes from 1 to 65,527; got ${String(size)}.`,
      );
    }
    super(dimensions, 8 + size);
    this.size = size;
  }

  /**
   * Enters `text` at `now` (milliseconds since the epoch). The time is 0 while the text changes: a
   * reader of mapped memory sees no state rather than an old text with a new time.
   */
  enter(text: string, now = Date.now()): void {
    if (typeof text !== 'string') {
      this.refuse(text, 'texts');
      return;
    }
    this.f64[this.index] = 0;
    const start = this.index * 8 + 8;
    if (text.length >= this.size || !this.#writeAscii(text, start)) {
      const { written } = encoder.encodeInto(
        text,
        this.memory.u8.subarray(start, start + this.size),
      );
      if (written < this.size) this.memory.u8[start + written] = 0;
    }
    this.#at(now);
  }

  /** `text` in the form that `enterEncoded` takes; for states of this size only. */
  encode(text: string): EncodedText {
    const bytes = new Uint8Array(Math.ceil((this.size + 1) / 4) * 4);
    const { written } = encoder.encodeInto(text, bytes.subarray(0, this.size));
    const length = Math.min(written + 1, this.size);
    return new Int32Array(bytes.buffer, 0, Math.ceil(length / 4));
  }

  /** Enters a text that was encoded before: much cheaper than `enter`. */
  enterEncoded(text: EncodedText, now = Date.now()): void {
    this.f64[this.index] = 0;
    const start = this.low + 2;
    for (let i = 0; i < text.length; i++) this.i32[start + i] = text[i]!;
    this.#at(now);
  }

  /** Leaves the state: `get()` is `null` until the next `enter`. */
  exit(): void {
    this.f64[this.index] = 0;
  }

  get(): StateValue {
    const since = Number(this.memory.u64[this.index]!);
    if (since === 0) return null;
    const start = this.index * 8 + 8;
    // A copy: a TextDecoder takes no view of shared memory.
    const bytes = this.memory.u8.slice(start, start + this.size);
    const end = bytes.indexOf(0);
    return {
      text: decoder.decode(end < 0 ? bytes : bytes.subarray(0, end)),
      since: new Date(since),
    };
  }

  override moveTo(memory: Memory, index: number): void {
    super.moveTo(memory, index);
    this.f64 = memory.f64;
  }

  // Texts are mostly short and ASCII; the encoder takes twice as long as the clock for those.
  // `false`: not ASCII, or too long to gain.
  #writeAscii(text: string, start: number): boolean {
    const { u8 } = this.memory;
    const { length } = text;
    if (length > 32) return false;
    for (let i = 0; i < length; i++) {
      const unit = text.charCodeAt(i);
      if (unit > 0x7f) return false;
      u8[start + i] = unit;
    }
    u8[start + length] = 0;
    return true;
  }

  #at(now: number): void {
    timeHalves[0] = now | 0;
    timeHalves[1] = now / 4_294_967_296;
    this.f64[this.index] = time[0]!;
  }
}
