import type { FamilyOptions, Tags } from '../../bridges/cells/store.js';
import { type Ledger, withCuts } from '../../exporters/delivery/ledger.js';
import { tell } from '../../exporters/problems/tell.js';
import { SingleRecord } from '../../exporters/reports/single-record.js';
import { CUT_REMEDY, TextLimit } from '../../exporters/reports/text-limit.js';
import { fitText } from '../../exporters/reports/value-policy.js';
import type { OptionRules } from '../../exporters/setup/option-rules.js';
import { numberOf, partsOfCustom, readCustom, readTags } from './call-arguments.js';
import { readDescription } from './descriptions.js';
import { durationIn } from './durations.js';
import { Lifetime, type SharedParts } from './lifetime.js';
import { isName } from './metric-names.js';
import { NamedFamilies } from './named-families.js';
import type { MetricsOptions } from './options.js';
import type { RefusalReason } from './refusals.js';
import { areTags, tagPolicy } from './tag-policy.js';

/**
 * Records the calls of a `Metrics` and of all its children: into cells, or in individual mode as
 * reports. A bad call is counted as refused. `method` is the method that was called, for messages.
 * A good call into cells whose family is there takes the first lines of its method, and everything
 * else the longer way below them.
 */
export class Recorder {
  readonly lifetime: Lifetime;
  readonly families: NamedFamilies;
  readonly #parts: SharedParts;
  readonly #options: MetricsOptions;
  #textsFound: TextLimit | undefined;

  /** @param options checked already. */
  constructor(options: MetricsOptions, parts: SharedParts) {
    this.#parts = parts;
    this.#options = options;
    this.families = new NamedFamilies(
      () => parts.pipeline.cells,
      familyOptions(options),
      options.nameLimit,
    );
    this.lifetime = new Lifetime(parts, this.families, options.onProblem);
  }

  /** Sets a gauge. Answers whether the call was taken. */
  set(method: string, name: string, value: unknown, tags: Tags | undefined): boolean {
    if (this.lifetime.aggregating === true && typeof value === 'number' && Number.isFinite(value)) {
      const family = this.families.gauges.known(name);
      if (family !== undefined && areTags(tags) && family.set(tags, value + 0)) return true;
    }
    const refused = this.#set(name, tags, numberOf(value));
    if (refused !== undefined) this.#refuse(refused, method, name, { tags, value });
    return refused === undefined;
  }

  /** Adds `by` to a counter, `sign` times. Answers whether the call was taken. */
  add(method: string, name: string, tags: Tags | undefined, by: unknown, sign: 1 | -1): boolean {
    if (this.lifetime.aggregating === true && sign === 1 && isAmount(by)) {
      const family = this.families.sums.known(name);
      if (family !== undefined && areTags(tags) && family.add(tags, by)) return true;
    }
    const refused = this.#add(name, tags, sign * numberOf(by));
    if (refused !== undefined) this.#refuse(refused, method, name, { tags, value: by });
    return refused === undefined;
  }

  /**
   * Records a duration. Answers whether the call was taken.
   * @param unit of the value, where it is known.
   */
  time(
    method: string,
    name: string | undefined,
    value: unknown,
    tags: Tags | undefined,
    unit?: string,
  ): boolean {
    if (this.lifetime.aggregating === true && isAmount(value)) {
      const family = this.families.timings.known(name);
      // 0 for -0. A sum would be a new number on the heap.
      const amount = value === 0 ? 0 : value;
      if (family !== undefined && areTags(tags) && family.record(tags, amount)) return true;
    }
    const refused = this.#time(name, tags, value, unit);
    if (refused !== undefined) this.#refuse(refused, method, name, { tags, value });
    return refused === undefined;
  }

  /**
   * Records a duration of so many milliseconds, in the unit of the name's description or of the
   * timer.
   */
  elapsed(
    method: string,
    name: string | undefined,
    milliseconds: number,
    tags: Tags | undefined,
    useMs: boolean,
  ): void {
    const { value, unit } = durationIn(this.unitOf(name), milliseconds, useMs);
    this.time(method, name, value, tags, unit);
  }

  /** The unit that a name is described with. */
  unitOf(name: string | undefined): string | undefined {
    return name === undefined ? undefined : this.families.descriptions.of(name).unit;
  }

  /** Adds to what is told about a name. */
  describe(method: string, name: string, description: unknown): void {
    const { refusals, pipeline } = this.#parts;
    if (pipeline.refusal === 'disabled') return;
    const read = readDescription(description);
    const fault = typeof read === 'string' ? read : this.families.describe(name, read);
    if (fault === 'name' || fault === 'names') refusals.refuse(fault, method, name);
    else if (fault !== undefined) refusals.refuse('description', method, name, { fault });
  }

  /** Reports that something happened, now. */
  event(method: string, name: string, text: unknown, tags: Tags | undefined): void {
    const refused = this.#event(name, tags, text);
    if (refused !== undefined) this.#refuse(refused, method, name, { tags, value: text });
  }

  /**
   * Reports a metric of a type of the application's.
   * @param scoped gives the options' tags those of a child.
   */
  custom(
    method: string,
    name: string,
    options: unknown,
    scoped: (tags: Tags | undefined) => Tags | undefined = asGiven,
  ): void {
    const refused = this.#custom(name, options, scoped);
    if (refused !== undefined) this.#refuse(refused, method, name, partsOfCustom(options));
  }

  /** Tells of options that there are not. */
  lookOver(method: string, options: unknown, known: OptionRules): void {
    this.#parts.refusals.lookOver(method, options, known);
  }

  /** Forgets the series with these tags, whatever was recorded under the name. */
  remove(name: string, tags: Tags | undefined): void {
    if (areTags(tags)) this.families.remove(name, tags);
  }

  #set(name: string, tags: Tags | undefined, value: number): RefusalReason | undefined {
    const { lifetime } = this;
    const refused = lifetime.idle ? lifetime.wake() : undefined;
    if (refused !== undefined) return refused;
    if (lifetime.individual) return this.#one('gauge', name, tags, value, this.#unit(name));
    if (!Number.isFinite(value)) return badValue(name);
    const family = this.families.gauges.get(name) ?? this.families.gauge(name, tags);
    if (typeof family === 'string') return family;
    return areTags(tags) && family.set(tags, value) ? undefined : 'tag';
  }

  #add(name: string, tags: Tags | undefined, by: number): RefusalReason | undefined {
    const { lifetime } = this;
    const refused = lifetime.idle ? lifetime.wake() : undefined;
    if (refused !== undefined) return refused;
    if (lifetime.individual) return this.#oneCounter(name, tags, by);
    if (!Number.isFinite(by)) return badValue(name);
    const family = this.families.sums.get(name) ?? this.families.sum(name, tags);
    if (typeof family === 'string') return family;
    if (by < 0 && !family.falls()) return 'monotonic';
    return areTags(tags) && family.add(tags, by) ? undefined : 'tag';
  }

  #time(
    name: string | undefined,
    tags: Tags | undefined,
    value: unknown,
    unit: string | undefined,
  ): RefusalReason | undefined {
    const { lifetime } = this;
    const refused = lifetime.idle ? lifetime.wake() : undefined;
    if (refused !== undefined) return refused;
    const number = numberOf(value);
    const fit = number >= 0 ? number : Number.NaN;
    if (lifetime.individual) return this.#one('timing', name, tags, fit, this.#unit(name, unit));
    const { timings: known } = this.families;
    if (!Number.isFinite(fit)) return badValue(name);
    const timings = known.get(name as string) ?? this.families.timing(name, tags, unit);
    if (typeof timings === 'string') return timings;
    return areTags(tags) && timings.record(tags, fit) ? undefined : 'tag';
  }

  /** The ledger: what became of everything recorded. A copy. */
  ledger(): Ledger {
    return withCuts(this.lifetime.ledger(), this.#textsFound?.cuts);
  }

  /** The stores' limit is known once the pipeline is awake. */
  get #texts(): TextLimit {
    const { textLimit, onProblem } = this.#options;
    this.#textsFound ??= new TextLimit(textLimit ?? this.#parts.pipeline.textLimit, (message) =>
      tell(
        { code: 'KANEDA_TEXT_CUT', message: `kaneda-otel: ${message}`, remedy: CUT_REMEDY },
        onProblem,
      ),
    );
    return this.#textsFound;
  }

  #event(name: string, tags: Tags | undefined, text: unknown): RefusalReason | undefined {
    const { lifetime } = this;
    const refused = lifetime.idle ? lifetime.wake() : undefined;
    if (refused !== undefined) return refused;
    if (!isName(name)) return 'name';
    const body = typeof text === 'string' ? fitText(text, this.#texts) : Number.NaN;
    return this.#one('event', name, tags, body);
  }

  #custom(
    name: string,
    options: unknown,
    scoped: (tags: Tags | undefined) => Tags | undefined,
  ): RefusalReason | undefined {
    const { lifetime } = this;
    const refused = lifetime.idle ? lifetime.wake() : undefined;
    if (refused !== undefined) return refused;
    if (!isName(name)) return 'name';
    const read = readCustom(options, this.#texts);
    if (typeof read === 'string') return read;
    const more = read.id === undefined ? {} : { id: read.id };
    return this.#one(read.metric, name, scoped(read.tags), read.body, more);
  }

  #oneCounter(name: string, tags: Tags | undefined, by: number): RefusalReason | undefined {
    if (by < 0 && this.families.descriptions.of(name).monotonic === true) return 'monotonic';
    return this.#one('counter', name, tags, by, this.#unit(name));
  }

  #unit(name: string | undefined, otherwise?: string): { unit?: string } {
    const unit = this.unitOf(name) ?? otherwise;
    return unit === undefined ? {} : { unit };
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
    return this.#parts.pipeline.emit(new SingleRecord(name, metric, body, admitted, more))
      ? undefined
      : 'waiting';
  }

  #refuse(
    reason: RefusalReason,
    method: string,
    name: string | undefined,
    given: { tags?: unknown; value?: unknown },
  ): void {
    this.#parts.refusals.refuse(reason, method, name, given);
  }
}

/** True for most numbers that are added or timed: finite, not negative. */
const isAmount = (value: unknown): value is number =>
  typeof value === 'number' && value >= 0 && value < Number.POSITIVE_INFINITY;

/** A call with a bad value takes up no name; a bad name comes first. */
const badValue = (name: unknown): RefusalReason => (isName(name) ? 'value' : 'name');

const asGiven = (tags: Tags | undefined): Tags | undefined => tags;

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
