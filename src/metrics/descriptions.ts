import type { Description } from '../../bridges/cells/store.js';
import { type OptionRule, rules, suggestion } from '../../exporters/setup/option-rules.js';

/** OpenTelemetry's bounds: https://opentelemetry.io/docs/specs/otel/metrics/api/#instrument-unit */
const MAX_UNIT_CHARACTERS = 63;
const MAX_DESCRIPTION_CHARACTERS = 1_023;
const MAX_BUCKETS = 1_000;

/** The rules of a description's parts. */
export const DESCRIPTION: { readonly [Key in keyof Description]-?: OptionRule } = {
  unit: (value) =>
    typeof value === 'string' && value.length <= MAX_UNIT_CHARACTERS && /^[\x20-\x7e]+$/.test(value)
      ? undefined
      : `must be a string of 1 to ${MAX_UNIT_CHARACTERS} ASCII characters, as 's' or 'By'`,
  description: (value) =>
    typeof value === 'string' && value !== '' && value.length <= MAX_DESCRIPTION_CHARACTERS
      ? undefined
      : `must be a string of 1 to ${MAX_DESCRIPTION_CHARACTERS} characters`,
  monotonic: rules.boolean,
  buckets: (value) =>
    Array.isArray(value) && value.length <= MAX_BUCKETS && isRising(value)
      ? undefined
      : `must be a list of at most ${MAX_BUCKETS} finite numbers, each larger than the one before`,
};

/** The descriptions of metrics by name. What was told first stands. */
export class Descriptions {
  readonly #described = new Map<string, Description>();
  readonly #limit: number;

  /** @param limit of names. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The description of a name; empty if there is none. */
  of(name: string): Description {
    return this.#described.get(name) ?? NOTHING;
  }

  /**
   * Adds to a name's description. Answers what contradicts it, in words, and then adds nothing;
   * `'names'` if there are too many.
   */
  add(name: string, more: Description): string | undefined {
    const known = this.of(name);
    for (const [key, value] of Object.entries(more)) {
      const before = known[key as keyof Description];
      if (before !== undefined && String(before) !== String(value))
        return `its ${key} is described already as ${JSON.stringify(before)}`;
    }
    if (known === NOTHING && this.#described.size >= this.#limit) return 'names';
    this.#described.set(name, { ...known, ...more });
    return undefined;
  }
}

const NOTHING: Description = {};

/** A description as an application gave it, copied, or what is wrong with it. Never throws. */
export function readDescription(given: unknown): Description | string {
  try {
    if (Object.prototype.toString.call(given) !== '[object Object]')
      return 'a description is an object: { unit, description, monotonic, buckets }';
    const read: Record<string, unknown> = {};
    for (const [key, value] of Object.entries(given as object)) {
      if (!Object.hasOwn(DESCRIPTION, key))
        return `${JSON.stringify(key.slice(0, 80))} is unknown: ${suggestion(key, Object.keys(DESCRIPTION))}`;
      if (value === undefined) continue;
      const reason = DESCRIPTION[key as keyof Description](value);
      if (reason !== undefined) return `${key} ${reason}`;
      read[key] = Array.isArray(value) ? [...value] : value;
    }
    return read as Description;
  } catch {
    return 'the description throws when it is read';
  }
}

const isRising = (values: readonly unknown[]): boolean =>
  values.every(
    (value, at) =>
      Number.isFinite(value) && (at === 0 || (value as number) > (values[at - 1] as number)),
  );
