import type { Publication } from '../../bridges/cells/mapped/mapped-cells.js';
import { INSPECT, type Inspect, inspectAs } from '../../exporters/diagnostics/inspect-as.js';

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

  /** @internal Shows where the metrics can be read, and whether it was closed. */
  [INSPECT](_depth: number, options: object, inspect: Inspect): string {
    const seen = { path: this.path, closed: this.#closed };
    return inspectAs('ActiveCollection', seen, options, inspect);
  }

  /** As `close`, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }
}
