/** Pieces that are remembered, at most: most lines repeat them. */
const MAX_KNOWN = 10_000;

/** A piece of JSON and its value. */
export interface Known<T> {
  /** To its last byte, the closing quote or bracket: no other piece begins with all of them. */
  readonly bytes: Buffer;
  readonly value: T;
  /** The piece that followed the last time, and will probably follow again. */
  next?: Known<T>;
}

/** Remembers a piece under the hash of its bytes. */
export function remember<T>(known: Map<number, Known<T>>, hash: number, one: Known<T>): Known<T> {
  if (known.size >= MAX_KNOWN) known.clear();
  known.set(hash, one);
  return one;
}
