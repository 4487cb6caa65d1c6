import type { Dimensions } from '../../bridges/cells/cell.js';
import { IntegerCell } from '../../bridges/cells/single/integer-cell.js';
import { type MetricOptions, placeCell } from './collection.js';

/**
 * The present amount of something, in whole numbers: signed 64 bits.
 *
 * `set(value)`, `incr(value = 1)` and `decr(value = 1)` take whole numbers and bigints, `get()` is
 * a number. A bad value is dropped and logged once.
 */
export class Integer extends IntegerCell {
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
