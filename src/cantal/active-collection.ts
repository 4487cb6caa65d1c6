import type { Publication } from '../../bridges/cells/mapped/mapped-cells.js';

/** A collection that was started. */
export class ActiveCollection {
  readonly #publication: Publication;
  readonly #ended: () => void;
  #closed = false;

  /** @internal Made by `start()` and `Collection.start()`. */
  constructor(publication: Publication, ended: () => void) {
    this.#publication = publication;
    this.#ended = ended;
  }

  /**
   * The path at which the metrics can be read, without suffix; `undefined` while they are in memory
   * only.
   */
  get path(): string | undefined {
    return this.#publication.path;
  }

  /**
   * Brings the values back to the heap, removes the two files if they are still ours, and stops
   * showing the metrics to OpenTelemetry. The metrics go on counting, and their collection can be
   * started again. A second call does nothing.
   */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#publication.close();
    this.#ended();
  }

  /** As `close`, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }
}
