import type { Dimensions } from '../../bridges/cells/cell.js';
import { assertOptions } from '../../exporters/setup/option-rules.js';
import { monotonic } from '../../exporters/timing/real-timers.js';
import { METRIC, type MetricOptions } from './collection.js';
import { Counter } from './counter.js';
import { furtherDimensions } from './further-dimensions.js';
import { Integer } from './integer.js';
import { once, run } from './run.js';

/**
 * Requests of one kind: how many ended, how long they took together, how many failed, how many are
 * going on.
 */
export class RequestTracker {
  /** Requests that ended, failed ones too: metric `requests`. */
  readonly requests: Counter;
  /**
   * Milliseconds that they took together: metric `total_duration`. Divided by `requests`, the mean.
   */
  readonly duration: Counter;
  /** Requests that failed: metric `errors`. */
  readonly errors: Counter;
  /** Requests that began and did not end yet: metric `in_progress`. */
  readonly inProgress: Integer;
  #fraction = 0;

  /**
   * @param group the dimension `group` of the four metrics.
   * @param dimensions further dimensions of each: neither `group` nor `metric`.
   * Throws `TypeError` and `DuplicateValueError` as the metrics do.
   */
  constructor(group: string, dimensions: Dimensions = {}, options: MetricOptions = {}) {
    assertOptions('new RequestTracker', options, METRIC);
    const further = furtherDimensions('A RequestTracker', dimensions, ['group', 'metric']);
    this.requests = new Counter({ ...further, group, metric: 'requests' }, options);
    this.duration = new Counter({ ...further, group, metric: 'total_duration' }, options);
    this.errors = new Counter({ ...further, group, metric: 'errors' }, options);
    this.inProgress = new Integer({ ...further, group, metric: 'in_progress' }, options);
  }

  /**
   * A request that lasts until the block ends: `using _ = tracker.request()`. A block cannot see an
   * exception that leaves it: count failures by `tracker.errors.incr()`, or use `request(fn)`.
   */
  request(): Disposable;
  /**
   * Runs `fn` as one request, until its promise is settled if it returns one; counts an exception
   * as an error. Returns what `fn` does.
   */
  request<T>(fn: () => T): T;
  request<T>(fn?: () => T): T | Disposable {
    const start = monotonic();
    this.inProgress.incr();
    const ended = () => this.#end(monotonic() - start);
    return fn ? run(fn, { failed: () => this.errors.incr(), ended }) : once(ended);
  }

  // Most requests of some services take less than a millisecond: what is over is added to the next.
  #end(milliseconds: number): void {
    const exact = this.#fraction + milliseconds;
    const whole = Math.floor(exact);
    this.#fraction = exact - whole;
    this.inProgress.decr();
    this.requests.incr();
    this.duration.incr(whole);
  }
}
