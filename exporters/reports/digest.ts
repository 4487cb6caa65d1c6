/** A running digest of texts and numbers, two lanes of 32 bits; not for secrets. */
export class Digest {
  #high = 0x243f6a88;
  #low = 0x13198a2e;

  /** Starts again from another digest's state. */
  from(other: Digest): this {
    this.#high = other.#high;
    this.#low = other.#low;
    return this;
  }

  /** Takes in a text, and where it ends. */
  text(text: string): this {
    let high = this.#high;
    let low = this.#low;
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      high = Math.imul(high ^ unit, 0x85ebca6b);
      high = (high << 13) | (high >>> 19);
      low = Math.imul(low ^ unit, 0xc2b2ae35);
      low = (low << 15) | (low >>> 17);
    }
    this.#high = high;
    this.#low = low;
    // The length keeps 'ab','c' and 'a','bc' apart.
    return this.number(text.length);
  }

  /** Takes in a number up to 2^53. */
  number(value: number): this {
    const upper = (value / 0x1_0000_0000) | 0;
    this.#high = mix(this.#high ^ (value | 0) ^ Math.imul(upper, 0x9e3779b1));
    this.#low = mix(this.#low ^ Math.imul(value | 0, 0x27d4eb2f) ^ upper);
    return this;
  }

  /** 53 bits as a number, for a map's key. */
  key(): number {
    return (mix(this.#high) >>> 11) * 0x1_0000_0000 + (mix(this.#low ^ this.#high) >>> 0);
  }
}

/** Spreads each bit of a lane over all. */
export function mix(lane: number): number {
  let mixed = Math.imul(lane ^ (lane >>> 16), 0x7feb352d);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x846ca68b);
  return mixed ^ (mixed >>> 16);
}
