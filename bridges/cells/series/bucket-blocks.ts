/** The most counts of a chunk: half a megabyte. A power of two. */
const CHUNK_BITS = 16;
const CHUNK = 1 << CHUNK_BITS;
const GONE = new Float64Array(0);

/**
 * Memory for the counts of many histograms: blocks in chunks that stay where they are when there
 * are more, so that no call waits for a copy. A block is known by its address: the number of its
 * chunk, and in the lower 16 bits its place there. A chunk without blocks is given back.
 */
export class BucketBlocks {
  readonly chunks: Float64Array[] = [];
  /** By the number of counts: chunks with blocks that were given back, and their addresses. */
  readonly #free = new Map<number, Map<number, number[]>>();
  /** By chunk: the number of blocks in use. */
  readonly #inUse: number[] = [];
  /** Numbers of chunks that are gone. */
  readonly #spare: number[] = [];
  #counts = 0;
  /** The chunk that new blocks are cut from. */
  #last = -1;
  #usedOfLast = 0;

  /** The address of a block of `room` zeros, 65,536 at most. */
  take(room: number): number {
    const address = this.#takeFree(room) ?? this.#cut(room);
    this.#inUse[chunkOf(address)]! += 1;
    return address;
  }

  /** Takes a block back, all zeros, for the next one of its size. */
  give(address: number, room: number): void {
    const chunk = chunkOf(address);
    this.#inUse[chunk]! -= 1;
    if (this.#inUse[chunk] === 0 && chunk !== this.#last) {
      this.#drop(chunk);
      return;
    }
    let chunks = this.#free.get(room);
    if (chunks === undefined) {
      chunks = new Map();
      this.#free.set(room, chunks);
    }
    const addresses = chunks.get(chunk);
    if (addresses === undefined) chunks.set(chunk, [address]);
    else addresses.push(address);
  }

  #takeFree(room: number): number | undefined {
    const chunks = this.#free.get(room);
    if (chunks === undefined) return undefined;
    for (const [chunk, addresses] of chunks) {
      const address = addresses.pop()!;
      if (addresses.length === 0) chunks.delete(chunk);
      return address;
    }
    return undefined;
  }

  #cut(room: number): number {
    if (this.#last < 0 || this.#usedOfLast + room > this.chunks[this.#last]!.length)
      this.#grow(room);
    const address = this.#last * CHUNK + this.#usedOfLast;
    this.#usedOfLast += room;
    return address;
  }

  /** Adds as much again as there is, so that few histograms take little. */
  #grow(room: number): void {
    const before = this.#last;
    const length = Math.min(CHUNK, Math.max(room, this.#counts));
    this.#last = this.#spare.pop() ?? this.chunks.length;
    this.chunks[this.#last] = new Float64Array(length);
    this.#inUse[this.#last] = 0;
    this.#counts += length;
    this.#usedOfLast = 0;
    if (before >= 0 && this.#inUse[before] === 0) this.#drop(before);
  }

  #drop(chunk: number): void {
    for (const chunks of this.#free.values()) chunks.delete(chunk);
    this.#counts -= this.chunks[chunk]!.length;
    this.chunks[chunk] = GONE;
    this.#spare.push(chunk);
  }
}

/** The number of the chunk in which a block is. */
export const chunkOf = (address: number): number => address >>> CHUNK_BITS;

/** The place of a block in its chunk. */
export const placeOf = (address: number): number => address & (CHUNK - 1);
