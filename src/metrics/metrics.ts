import { HeapCells } from '../../bridges/cells/heap-cells.js';
import type { FamilyOptions, Tags } from '../../bridges/cells/store.js';
import type { Ledger } from '../../exporters/delivery/ledger.js';
import type { OnProblem } from '../../exporters/diagnostics/problem.js';
import { tell } from '../../exporters/diagnostics/tell.js';
import { capped, LIMITS } from '../../exporters/reports/value-policy.js';
import { flushBeforeExit, forgetBeforeExit } from '../../exporters/timing/before-exit.js';
import { monotonic } from '../../exporters/timing/real-timers.js';
import { timeoutOf } from '../pipeline/deadline.js';
import type { Pipeline } from '../pipeline/pipeline.js';
import { ProviderPipeline } from '../pipeline/provider-pipeline.js';
import { singleRecord } from '../pipeline/single-record.js';
import { StorePipeline } from '../pipeline/store-pipeline.js';
import { optionsFromSettings } from '../settings/options-from-settings.js';
import {
  type CustomOptions,
  givenTo,
  numberOf,
  readCustom,
  readTags,
  readTimedOptions,
} from './call-arguments.js';
import { isName } from './metric-names.js';
import { NamedFamilies } from './named-families.js';
import { type MetricsOptions, settledOptions } from './options.js';
import { type RefusalReason, Refusals } from './refusals.js';
import { areTags, tagPolicy } from './tag-policy.js';
import { makeTimed, type Timed, type TimedOptions } from './timed.js';

const EXPORT_INTERVAL = 10_000;
const FLUSH_TIMEOUT = 30_000;
const CLOSE_TIMEOUT = 5_000;

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
  'remove',
  'ledger',
] as const;

/** @internal The parts of a `Metrics` that several may share. */
export interface SharedParts {
  readonly pipeline: Pipeline;
  readonly refusals: Refusals;
}

/**
 * What an application reports: numbers, durations, events. Calls never throw and never wait: what is wrong with one is counted under
 * `ledger().refused` and told once (docs/problems.md). Methods work without their object too.
 */
export class Metrics implements AsyncDisposable {
  readonly #pipeline: Pipeline;
  readonly #families: NamedFamilies;
  readonly #refusals: Refusals;
  readonly #onProblem: OnProblem | undefined;
  readonly #leaving = {
    flush: (timeout: number) => this.#flushAtExit(timeout),
    end: (timeout: number) => void this.close({ timeout }),
  };
  /** The next call has something to set going, or is one too many. */
  #idle = true;
  #individual = false;
  /** Something was recorded since the process last seemed to end. */
  #used = false;
  #closing: Promise<void> | undefined;

  /** @throws SettingsError for faulty options, or, if they name neither backend, queue nor provider, for faulty settings. */
  constructor(options?: MetricsOptions);
  /** @internal Parts that are made already take the place of what the options or the settings say about them. */
  constructor(options: MetricsOptions, parts: SharedParts);
  constructor(options: MetricsOptions = {}, parts: SharedParts = ownParts(options)) {
    this.#onProblem = options.onProblem;
    this.#pipeline = parts.pipeline;
    this.#refusals = parts.refusals;
    this.#families = new NamedFamilies(
      () => this.#pipeline.cells,
      familyOptions(options),
      options.nameLimit,
    );
    for (const method of METHODS)
      Object.defineProperty(this, method, {
        value: this[method].bind(this),
        writable: true,
        configurable: true,
      });
  }

  /** Sets a number that goes up and down: the last one set counts. A bigint must be safe as a number. */
  gauge(name: string, value: number | bigint, tags?: Tags): void {
    const refused = this.#set(name, tags, numberOf(value));
    if (refused !== undefined) this.#refusals.refuse(refused, 'gauge', name, { tags, value });
  }

  /** Adds `by` to a counter. */
  increment(name: string, tags?: Tags, by = 1): void {
    const refused = this.#add(name, tags, numberOf(by));
    if (refused !== undefined)
      this.#refusals.refuse(refused, 'increment', name, { tags, value: by });
  }

  /** Takes `by` off a counter. */
  decrement(name: string, tags?: Tags, by = 1): void {
    const refused = this.#add(name, tags, -numberOf(by));
    if (refused !== undefined)
      this.#refusals.refuse(refused, 'decrement', name, { tags, value: by });
  }

  /** Records a duration, in the unit that the application uses for this name. Not negative. */
  timing(name: string, value: number, tags?: Tags): void {
    const refused = this.#time(name, tags, value, undefined);
    if (refused !== undefined) this.#refusals.refuse(refused, 'timing', name, { tags, value });
  }

  /**
   * A timer, as a decorator (`@metrics.timed('x')`), a wrapper (`metrics.timed('x')(fn)`) or a block (`using _ = metrics.timed('x')`). In
   * seconds; with `useMs` in whole milliseconds. Without a name: the function's own, `Class.method` for methods.
   */
  timed(name?: string, options?: TimedOptions): Timed {
    const { tags, useMs } = readTimedOptions(options);
    const record = (found: string | undefined, milliseconds: number): void => {
      const value = useMs ? Math.round(milliseconds) : milliseconds / 1000;
      const refused = this.#time(found, tags, value, useMs ? 'ms' : 's');
      if (refused !== undefined) this.#refusals.refuse(refused, 'timed', found, { tags, value });
    };
    return makeTimed(name, record, now);
  }

  /** Reports that something happened, now. */
  event(name: string, text: string, tags?: Tags): void {
    const refused = this.#event(name, tags, text);
    if (refused !== undefined) this.#refusals.refuse(refused, 'event', name, { tags, value: text });
  }

  /** Reports a metric of a type of one's own. */
  custom(name: string, options: CustomOptions): void {
    const refused = this.#custom(name, options);
    if (refused !== undefined) this.#refusals.refuse(refused, 'custom', name, givenTo(options));
  }

  /**
   * Resolves when everything recorded so far is stored, or, with an outbox on disk, spooled; on providers of the application's, when they
   * have flushed.
   * @param options.timeout milliseconds, default 30 000.
   * @throws DeadlineError when the time is over; nothing is given up: it is tried again.
   */
  async flush(options?: { timeout?: number }): Promise<void> {
    await (this.#closing ?? this.#pipeline.flush(timeoutOf(options, FLUSH_TIMEOUT)));
  }

  /**
   * Flushes, then lets go of the stores; providers of the application's are flushed, never shut down. Never rejects; a second call waits
   * for the first. Later calls are refused.
   * @param options.timeout milliseconds, default 5 000.
   */
  close(options?: { timeout?: number }): Promise<void> {
    this.#closing ??= this.#close(timeoutOf(options, CLOSE_TIMEOUT));
    return this.#closing;
  }

  /** Forgets the series with these tags, whatever was recorded under the name; it is exported once more. A call in between keeps it. */
  remove(name: string, tags?: Tags): void {
    if (areTags(tags)) this.#families.remove(name, tags);
  }

  /** Where everything that was recorded is now: summed over the exporters; on providers of the application's, only what was refused. A copy. */
  ledger(): Ledger {
    return { ...this.#pipeline.ledger(), refused: this.#refusals.counts() };
  }

  /** `await using metrics = new Metrics(…)` closes it at the end of the block. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #set(name: string, tags: Tags | undefined, value: number): RefusalReason | undefined {
    const refused = this.#idle ? this.#wake() : undefined;
    if (refused !== undefined) return refused;
    if (this.#individual) return this.#one('gauge', name, tags, value);
    const family = this.#families.gauges.get(name) ?? this.#families.gauge(name);
    if (typeof family === 'string') return family;
    if (!Number.isFinite(value)) return 'value';
    return areTags(tags) && family.set(tags, value) ? undefined : 'tag';
  }

  #add(name: string, tags: Tags | undefined, by: number): RefusalReason | undefined {
    const refused = this.#idle ? this.#wake() : undefined;
    if (refused !== undefined) return refused;
    if (this.#individual) return this.#one('counter', name, tags, by);
    const family = this.#families.sums.get(name) ?? this.#families.sum(name);
    if (typeof family === 'string') return family;
    if (!Number.isFinite(by)) return 'value';
    return areTags(tags) && family.add(tags, by) ? undefined : 'tag';
  }

  #time(
    name: string | undefined,
    tags: Tags | undefined,
    value: number,
    unit: string | undefined,
  ): RefusalReason | undefined {
    const refused = this.#idle ? this.#wake() : undefined;
    if (refused !== undefined) return refused;
    const number = numberOf(value);
    const fit = number >= 0 ? number : Number.NaN;
    if (this.#individual)
      return this.#one('timing', name, tags, fit, unit === undefined ? {} : { unit });
    const { timings: known } = this.#families;
    const timings = known.get(name as string) ?? this.#families.timing(name, unit);
    if (typeof timings === 'string') return timings;
    if (!Number.isFinite(fit)) return 'value';
    return areTags(tags) && timings.record(tags, fit) ? undefined : 'tag';
  }

  #event(name: string, tags: Tags | undefined, text: unknown): RefusalReason | undefined {
    const refused = this.#idle ? this.#wake() : undefined;
    if (refused !== undefined) return refused;
    return this.#one(
      'event',
      name,
      tags,
      typeof text === 'string' ? capped(text, LIMITS.textBytes) : Number.NaN,
    );
  }

  #custom(name: string, options: unknown): RefusalReason | undefined {
    const refused = this.#idle ? this.#wake() : undefined;
    if (refused !== undefined) return refused;
    if (!isName(name)) return 'name';
    const read = readCustom(options);
    if (typeof read === 'string') return read;
    return this.#one(
      read.metric,
      name,
      read.tags,
      read.body,
      read.id === undefined ? {} : { id: read.id },
    );
  }

  /** A report of its own. `body` is fit to be stored; NaN or an infinity says that it is not. */
  #one(
    metric: string,
    name: string | undefined,
    tags: Tags | undefined,
    body: unknown,
    more: { id?: string; unit?: string } = {},
  ): RefusalReason | undefined {
    if (!isName(name)) return 'name';
    if (typeof body === 'number' && !Number.isFinite(body)) return 'value';
    const admitted = readTags(tags);
    if (admitted === null) return 'tag';
    return this.#pipeline.emit(singleRecord(name, metric, body, admitted, more))
      ? undefined
      : 'waiting';
  }

  /** Sets the pipeline going at the first call. Answers why a call cannot be recorded. */
  #wake(): RefusalReason | undefined {
    if (this.#closing !== undefined) return 'closed';
    const idle = !this.#pipeline.wake();
    if (this.#pipeline.refusal !== undefined) return this.#pipeline.refusal;
    if (!this.#used) flushBeforeExit(this.#leaving);
    this.#used = true;
    this.#idle = idle;
    this.#individual = this.#pipeline.individual;
    return undefined;
  }

  async #close(timeout: number): Promise<void> {
    this.#idle = true;
    this.#tellIfNowhere();
    try {
      await this.#pipeline.close(timeout);
    } catch (error) {
      this.#tellClose(error);
    } finally {
      this.#refusals.count('waiting', this.#pipeline.abandoned ?? 0);
      forgetBeforeExit(this.#leaving);
    }
  }

  /** The process has nothing left to do: what was recorded is stored in time, or what still hangs is cut off, so that the program ends. */
  #flushAtExit(timeout: number): Promise<void> | undefined {
    if (!this.#used || this.#closing !== undefined) return undefined;
    this.#used = false;
    this.#idle = true;
    this.#tellIfNowhere();
    return this.#pipeline.flush(timeout).catch(() => this.close({ timeout: 0 }));
  }

  #tellIfNowhere(): void {
    this.#pipeline.tellIfNowhere?.(this.#families.size > 0);
  }

  #tellClose(error: unknown): void {
    const cause = error instanceof Error ? error : new Error(String(error));
    const message = `kaneda-otel: close() could not hand over everything: ${cause.message}`;
    tell({ code: 'KANEDA_CLOSE', message, cause }, this.#onProblem);
  }
}

const now = (): number => monotonic();

const ownParts = (options: MetricsOptions): SharedParts => ({
  pipeline: pipelineFor(settledOptions(options, optionsFromSettings)),
  refusals: new Refusals(options.onProblem),
});

function familyOptions({
  tagLimit,
  listLimit,
  forgetAfter,
  onProblem,
}: MetricsOptions): FamilyOptions {
  return {
    policy: tagPolicy,
    ...(tagLimit !== undefined && { tagLimit }),
    ...(listLimit !== undefined && { listLimit }),
    ...(onProblem !== undefined && { onProblem }),
    ...(forgetAfter !== undefined && { forgetAfter }),
  };
}

/** The way out that checked options describe: stores or a queue of their own, else an application's providers. */
export function pipelineFor(options: MetricsOptions): Pipeline {
  const {
    backend,
    queue,
    meterProvider,
    loggerProvider,
    mode,
    exportInterval = EXPORT_INTERVAL,
    cells = new HeapCells(),
    onProblem,
  } = options;
  const target = backend ?? queue;
  if (target === undefined)
    return new ProviderPipeline(cells, meterProvider, loggerProvider, onProblem);
  const exporters = [...new Set([target].flat())];
  const interval = mode === 'individual' ? undefined : exportInterval;
  return new StorePipeline(exporters, cells, interval, onProblem);
}
