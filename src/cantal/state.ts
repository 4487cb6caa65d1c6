import type { Dimensions } from '../../bridges/cells/cell.js';
import { StateCell } from '../../bridges/cells/single/state-cell.js';
import { anything } from '../../exporters/setup/option-rules.js';
import { METRIC, type MetricOptions, placeCell } from './collection.js';
import { once, run } from './run.js';

/** The last argument of `State`'s constructor. */
export interface StateOptions extends MetricOptions {
  /**
   * Bytes of text that are kept, 1 to 65,527; default 56. Longer texts are cut between characters.
   */
  size?: number | undefined;
}

const STATE = { ...METRIC, size: anything };

/**
 * The present state of something, as a text, and its beginning.
 *
 * `enter(text)` and `exit()` change it, `get()` is `{ text, since }`, or `null` in no state.
 */
export class State extends StateCell {
  /**
   * Throws `TypeError` for dimensions that are not strings, `RangeError` for a bad size,
   * `SettingsError` for other faulty options, `DuplicateValueError` if the collection has them
   * already, unless `reuse` is given: then its size stays.
   */
  constructor(dimensions: Dimensions, options: StateOptions = {}) {
    super(dimensions, { size: options?.size });
    // biome-ignore lint/correctness/noConstructorReturn: with `reuse` the state may be there already
    return placeCell(this, options, STATE);
  }

  /** Enters `text` until the block ends: `using _ = state.context('waiting')`. */
  context(text: string): Disposable;
  /**
   * Enters `text` while `fn` runs, until its promise is settled if it returns one; returns what
   * `fn` does.
   */
  context<T>(text: string, fn: () => T): T;
  context<T>(text: string, fn?: () => T): T | Disposable {
    this.enter(text);
    const ended = () => this.exit();
    return fn ? run(fn, { failed: () => {}, ended }) : once(ended);
  }
}
