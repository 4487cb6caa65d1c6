import type { Description, Tags } from '../../bridges/cells/store.js';
import type { Ledger } from '../../exporters/delivery/ledger.js';
import { INSPECT, type Inspect, inspectAs } from '../../exporters/diagnostics/inspect-as.js';
import { anything } from '../../exporters/setup/option-rules.js';
import { monotonic } from '../../exporters/timing/real-timers.js';
import { timeoutOf } from '../../exporters/timing/timeout-of.js';
import { type CustomOptions, meantAsOptions, readTimedOptions } from './call-arguments.js';
import { Counter } from './handles/counter.js';
import type { CounterHandle, LevelHandle, TimerHandle } from './handles/handle.js';
import { Level } from './handles/level.js';
import { Timer } from './handles/timer.js';
import type { SharedParts } from './lifetime.js';
import { completeOptions, type MetricsOptions } from './options.js';
import { optionsFromSettings } from './options-from-settings.js';
import { pipelineFor } from './pipeline-for.js';
import { Recorder } from './recorder.js';
import { Refusals } from './refusals.js';
import { SAMPLED, type Sampled } from './sampled.js';
import { type ChildOptions, Scope } from './scope.js';
import { makeTimed, type Timed, type TimedOptions } from './timed.js';

const FLUSH_TIMEOUT_MS = 30_000;
const CLOSE_TIMEOUT_MS = 5_000;

/** The options of the calls, whose values are looked at where they are used. */
const TIMED = { tags: anything, useMs: anything };
const CUSTOM = { metric: anything, value: anything, tags: anything, id: anything };
const CHILD = { prefix: anything, tags: anything };
const DEADLINE = { timeout: anything };

/** The methods. Each may be taken off its object: `const { increment } = metrics`. */
const METHODS = [
  'gauge',
  'increment',
  'decrement',
  'timing',
  'timed',
  'event',
  'custom',
  'flush',
  'close',
  'counter',
  'level',
  'timer',
  'with',
  'describe',
  'remove',
  'ledger',
] as const;

/**
 * Records what an application reports: numbers, durations, events. Calls never throw and never
 * wait: what is wrong with one is counted under `ledger().refused` and told once
 * (docs/problems.md). Methods work without their object too.
 */
export class Metrics implements AsyncDisposable {
  readonly #recorder: Recorder;
  /** Of a child. */
  readonly #scope: Scope | undefined;

  /**
   * @throws SettingsError for faulty options, or, if they name neither backend, queue nor provider,
   * for faulty settings.
   */
  constructor(options?: MetricsOptions);
  /**
   * @internal Parts that are made already take the place of what the options or the settings say
   * about them.
   */
  constructor(options: MetricsOptions, parts: SharedParts | Descent);
  constructor(options: MetricsOptions = {}, parts: SharedParts | Descent = ownParts(options)) {
    if ('scope' in parts) {
      this.#recorder = parts.recorder;
      this.#scope = parts.scope;
    } else this.#recorder = new Recorder(options, parts);
    for (const method of METHODS)
      Object.defineProperty(this, method, {
        value: this[method].bind(this),
        writable: true,
        configurable: true,
      });
  }

  /**
   * Sets a number that goes up and down: the last one set counts. A bigint must be safe as a
   * number.
   */
  gauge(name: string, value: number | bigint, tags?: Tags): void {
    this.#recorder.set('gauge', this.#name(name), value, this.#tags(tags));
  }

  /** Adds `by` to a counter. */
  increment(name: string, tags?: Tags, by = 1): void {
    this.#recorder.add('increment', this.#name(name), this.#tags(tags), by, 1);
  }

  /** Takes `by` off a counter. */
  decrement(name: string, tags?: Tags, by = 1): void {
    this.#recorder.add('decrement', this.#name(name), this.#tags(tags), by, -1);
  }

  /** Records a duration, in the unit that the application uses for this name. Not negative. */
  timing(name: string, value: number, tags?: Tags): void {
    this.#recorder.time('timing', this.#name(name), value, this.#tags(tags));
  }

  /**
   * A timer, as a decorator (`@metrics.timed('x')`), a wrapper (`metrics.timed('x')(fn)`) or a
   * block (`using _ = metrics.timed('x')`). In seconds; with `useMs` in whole milliseconds; in the
   * unit of time of the name's description, if it has one. Without a name: the function's own,
   * `Class.method` for methods.
   */
  timed(name?: string, options?: TimedOptions): Timed {
    this.#recorder.lookOver('timed', options, TIMED);
    const { tags, useMs } = readTimedOptions(options);
    const record = (found: string | undefined, milliseconds: number): void =>
      this.#recorder.elapsed('timed', this.#name(found), milliseconds, this.#tags(tags), useMs);
    return makeTimed(name, record, now);
  }

  /** Reports that something happened, now. */
  event(name: string, text: string, tags?: Tags): void {
    this.#recorder.event('event', this.#name(name), text, this.#tags(tags));
  }

  /** Reports a metric of the application's own type. */
  custom(name: string, options: CustomOptions): void {
    this.#recorder.lookOver('custom', options, CUSTOM);
    this.#recorder.custom('custom', this.#name(name), options, this.#scope?.tags);
  }

  /**
   * A handle of one series of a counter, for code that counts often: the series is found once. It
   * does what `increment` does with the same name and tags. Tags are copied.
   */
  counter(name: string, tags?: Tags): CounterHandle {
    return new Counter(this.#recorder, this.#name(name), this.#tags(tags));
  }

  /** A handle of one series of a gauge. See {@link counter}. */
  level(name: string, tags?: Tags): LevelHandle {
    return new Level(this.#recorder, this.#name(name), this.#tags(tags));
  }

  /** A handle of one series of durations, which it records or measures. See {@link counter}. */
  timer(name: string, tags?: Tags): TimerHandle {
    return new Timer(this.#recorder, this.#name(name), this.#tags(tags));
  }

  /**
   * A child whose calls have a prefix before each name and tags of their own. It shares everything
   * else: the stores, the ledger, the limits. `close()` of a child closes nothing. Children of a
   * child have both its prefix and tags and their own. Never throws: a prefix or a tag that is bad
   * refuses the child's calls.
   */
  with(options?: ChildOptions): Metrics {
    this.#recorder.lookOver('with', options, CHILD);
    const scope = Scope.of(this.#scope, options);
    return new Metrics({}, { recorder: this.#recorder, scope });
  }

  /**
   * Says what is recorded under a name: its unit, a description, whether a counter is monotonic,
   * the boundaries of a histogram's buckets. OpenTelemetry's instruments have it from here, reports
   * the unit. Best before the first call under the name; the first description stays in effect.
   * Never throws: what is bad or contradicts is refused and counted.
   */
  describe(name: string, description: Description): void {
    this.#recorder.describe('describe', this.#name(name), description);
  }

  /**
   * Resolves when everything recorded so far is stored, or, with an outbox on disk, spooled; on
   * providers of the application's, when they have flushed.
   * @param options.timeout milliseconds, default 30,000.
   * @throws DeadlineError when the time is over; nothing is given up: it is tried again.
   */
  flush(options?: { timeout?: number }): Promise<void> {
    this.#recorder.lookOver('flush', meantAsOptions(options), DEADLINE);
    return this.#recorder.lifetime.flush(timeoutOf(options, FLUSH_TIMEOUT_MS));
  }

  /**
   * Flushes, then lets go of the stores; providers of the application's are flushed, never shut
   * down. Never rejects; a second call waits for the first. Later calls are refused. That of a
   * child closes nothing.
   * @param options.timeout milliseconds, default 5,000.
   */
  close(options?: { timeout?: number }): Promise<void> {
    if (this.#scope !== undefined) return Promise.resolve();
    this.#recorder.lookOver('close', meantAsOptions(options), DEADLINE);
    return this.#recorder.lifetime.close(timeoutOf(options, CLOSE_TIMEOUT_MS));
  }

  /**
   * Forgets the series with these tags, whatever was recorded under the name; it is exported once
   * more. A call in between keeps it.
   */
  remove(name: string, tags?: Tags): void {
    this.#recorder.remove(this.#name(name), this.#tags(tags));
  }

  /**
   * The ledger of everything that was recorded: summed over the exporters; on providers of the
   * application's, only what was refused. A copy.
   */
  ledger(): Ledger {
    return this.#recorder.ledger();
  }

  /** `await using metrics = new Metrics(…)` closes it at the end of the block. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** @internal Shows the stores, the mode and the ledger, of a child its prefix and tags. */
  [INSPECT](_depth: number, options: object, inspect: Inspect): string {
    const own = this.#scope === undefined ? {} : this.#scope.seen;
    const seen = { ...own, ...this.#recorder.lifetime.seen };
    return inspectAs('Metrics', seen, options, inspect);
  }

  /**
   * @internal Samples `sampled` before everything is flushed, until the function that is returned
   * is called. `undefined`: no calls are taken, or no longer.
   */
  [SAMPLED](sampled: Sampled): (() => void) | undefined {
    return this.#recorder.lifetime.sample(sampled);
  }

  #name<Name extends string | undefined>(name: Name): Name {
    return this.#scope === undefined ? name : this.#scope.name(name);
  }

  #tags(tags: Tags | undefined): Tags | undefined {
    return this.#scope === undefined ? tags : this.#scope.tags(tags);
  }
}

interface Descent {
  readonly recorder: Recorder;
  readonly scope: Scope;
}

const now = (): number => monotonic();

const ownParts = (options: MetricsOptions): SharedParts => ({
  pipeline: pipelineFor(completeOptions(options, optionsFromSettings)),
  refusals: new Refusals(options.onProblem),
});
