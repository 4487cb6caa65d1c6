/**
 * Something that records by itself, and wants to before everything recorded so far is handed over.
 */
export interface Sampled {
  /** Records what there is now. Must not throw. */
  sample(): void;
  /** No call is taken from here on. */
  ended(): void;
}

/**
 * The method of a `Metrics` that takes a {@link Sampled}. By a name that several copies of the
 * package share.
 */
export const SAMPLED: unique symbol = Symbol.for('kaneda-otel.sampled') as never;
