/** The most counts of a chunk: half a megabyte. A power of two. */
const CHUNK_BITS = 16;
const CHUNK = 1 << CHUNK_BITS;

/**
 * Memory for the counts of many histograms: blocks in chunks that stay where they are when there
 * are more, so that no call waits for a copy. A block is known by its address: the number of its
 * chunk, and in the lower 16 bits its place there.
 */
export class BucketBlocks {
  readonly chunks: Float64Array[] = [];
  /** Addresses of what was given back, by the number of counts. */
  readonly #free = new Map<number, number[]>();
  #counts = 0;
  #usedOfLast = 0;

  /** The address of a block of `room` zeros, 65,536 at most. */
  take(room: number): number {
    const free = this.#free.get(room)?.pop();
    if (free !== undefined) return free;
    const last = this.chunks.at(-1);
    if (last === undefined || this.#usedOfLast + room > last.length) this.#grow(room);
    const address = (this.chunks.length - 1) * CHUNK + this.#usedOfLast;
    this.#usedOfLast += room;
    return address;
  }

  /** Takes a block back, all zeros, for the next one of its size. */
  give(address: number, room: number): void {
    const free = this.#free.get(room);
    if (free === undefined) this.#free.set(room, [address]);
    else free.push(address);
  }

  /** Adds as much again as there is, so that few histograms take little. */
  #grow(room: number): void {
    const length = Math.min(CHUNK, Math.max(room, this.#counts));
    this.chunks.push(new Float64Array(length));
    this.#counts += length;
    this.#usedOfLast = 0;
  }
}

/** The number of the chunk in which a block is. */
export const chunkOf = (address: number): number => address >>> CHUNK_BITS;

/** The place of a block in its chunk. */
export const placeOf = (address: number): number => address & (CHUNK - 1);
