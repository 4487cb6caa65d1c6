import type { Dimensions } from '../../bridges/cells/cell.js';
import { CounterCell } from '../../bridges/cells/single/counter-cell.js';
import { type MetricOptions, placeCell } from './collection.js';

/**
 * The number of times something happened: unsigned 64 bits that only grow, and wrap. Readers make
 * rates of it.
 *
 * `incr(value = 1)` adds a whole number or bigint of 0 or more, `get()` is a bigint. A bad value is
 * dropped and logged once.
 */
export class Counter extends CounterCell {
  /**
   * Throws `TypeError` for dimensions that are not strings, `DuplicateValueError` if the collection
   * has them already, unless `reuse` is given, `SettingsError` for faulty options.
   */
  constructor(dimensions: Dimensions, options: MetricOptions = {}) {
    super(dimensions);
    // biome-ignore lint/correctness/noConstructorReturn: with `reuse` the metric may be there already
    return placeCell(this, options);
  }
}
