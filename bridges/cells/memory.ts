/**
 * 8-byte words in one piece of memory, seen through every kind of array a cell needs. A cell's
 * place is the index of its first word; the `Int32Array` index of its low half is twice that (hosts
 * are little-endian: Node runs on no other kind that can map files), its byte index eight times.
 *
 * `words` may be more than may be touched: a mapped file has address space beyond its end.
 * `CellStore` implementations grant words by `reserve`, and only granted words are ever read or
 * written.
 */
export class Memory {
  /** The number of words. */
  readonly words: number;
  /** The words as doubles. */
  readonly f64: Float64Array;
  /** The words as unsigned integers. */
  readonly u64: BigUint64Array;
  /** The words as signed integers. */
  readonly i64: BigInt64Array;
  /** The halves of the words, the low one first. */
  readonly i32: Int32Array;
  /** The bytes of the words. */
  readonly u8: Uint8Array;

  /** Views `words` words of `buffer` from `byteOffset` (a multiple of 8). */
  constructor(
    buffer: ArrayBufferLike,
    byteOffset = 0,
    words = Math.floor((buffer.byteLength - byteOffset) / 8),
  ) {
    this.words = words;
    this.f64 = new Float64Array(buffer, byteOffset, words);
    this.u64 = new BigUint64Array(buffer, byteOffset, words);
    this.i64 = new BigInt64Array(buffer, byteOffset, words);
    this.i32 = new Int32Array(buffer, byteOffset, words * 2);
    this.u8 = new Uint8Array(buffer, byteOffset, words * 8);
  }

  /** Zeroed memory on the heap. */
  static heap(words: number): Memory {
    return new Memory(new ArrayBuffer(words * 8));
  }
}
