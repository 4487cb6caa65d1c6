import { CounterCell } from '../../bridges/cells/single/counter-cell.js';
import type { Dimensions } from '../../bridges/cells/store.js';
import { globalCollection, type MetricOptions } from './collection.js';

/**
 * How often something happened: unsigned 64 bits that only grow, and wrap. Readers make rates of it.
 *
 * `incr(value = 1)` adds a whole number or bigint of 0 or more, `get()` is a bigint. A bad value is dropped and said once.
 */
export class Counter extends CounterCell {
  /** Throws `TypeError` for dimensions that are not strings, `DuplicateValueError` if the collection has them already. */
  constructor(dimensions: Dimensions, { collection = globalCollection }: MetricOptions = {}) {
    super(dimensions);
    collection.add(this);
  }
}
