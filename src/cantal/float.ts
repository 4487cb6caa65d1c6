import type { Dimensions } from '../../bridges/cells/cell.js';
import { FloatCell } from '../../bridges/cells/single/float-cell.js';
import { type MetricOptions, placeCell } from './collection.js';

/**
 * A measure that moves up and down, as a double: a temperature, a load.
 *
 * `set(value)` and `incr(value = 1)` take finite numbers, `get()` is one. A bad value is dropped
 * and logged once.
 */
export class Float extends FloatCell {
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
