import { HeapBacking } from './backing.js';
import { BaseCells } from './base-store.js';

/**
 * Cells on the heap: the default for `Metrics` and for Cantal's classes before `start()`. Grows as
 * needed, publishes nothing.
 */
export class HeapCells extends BaseCells {
  protected readonly label = 'HeapCells';

  /** Makes an empty store. */
  constructor() {
    super(new HeapBacking());
  }
}
