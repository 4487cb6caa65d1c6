import type { Tags } from '../../bridges/cells/store.js';
import {
  fitFields,
  fitValue,
  isPlain,
  type TextPolicy,
} from '../../exporters/reports/value-policy.js';
import { isName } from './metric-names.js';
import type { Given, RefusalReason } from './refusals.js';
import { admitTags, areTags } from './tag-policy.js';
import type { TimedOptions } from './timed.js';

/** The way a custom metric is reported. */
export interface CustomOptions {
  /** Its type, in the place of `counter` or `gauge`. */
  metric: string;
  /** The content of the report: an object becomes the report's fields, anything else its value. */
  value: unknown;
  /** The tags of the report. */
  tags?: Tags;
  /**
   * The report's id, if the application has one; of two reports with one id a store keeps the
   * first.
   */
  id?: string;
}

/** A number as it was given, or a bigint that is exact as one; anything else is NaN. Without -0. */
export function numberOf(value: unknown): number {
  if (typeof value === 'number') return value + 0;
  if (typeof value !== 'bigint') return Number.NaN;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : Number.NaN;
}

/** The admitted tags of a single report, copied or not; `null` if they are refused. */
export function readTags(tags: Tags | undefined): Tags | undefined | null {
  if (tags === undefined) return undefined;
  try {
    return areTags(tags) ? (admitTags(tags) ?? null) : null;
  } catch {
    return null;
  }
}

/**
 * Tags as they are now, whatever becomes of the object; unreadable tags become tags that
 * every recording refuses.
 */
export function copyTags(tags: Tags | undefined): Tags | undefined {
  try {
    if (Array.isArray(tags)) return [...tags];
    return Object.prototype.toString.call(tags) === '[object Object]' ? { ...tags } : tags;
  } catch {
    return null as unknown as undefined;
  }
}

/** A timer's options; unreadable ones become tags that every recording refuses. */
export function readTimedOptions(options: TimedOptions | undefined): {
  tags: Tags | undefined;
  useMs: boolean;
} {
  try {
    return { tags: options?.tags, useMs: options?.useMs === true };
  } catch {
    return { tags: null as unknown as undefined, useMs: false };
  }
}

/** The arguments of a custom, for a message. */
export function partsOfCustom(options: unknown): Given {
  try {
    return { tags: (options as CustomOptions).tags };
  } catch {
    return {};
  }
}

/** The content of a custom metric, or the reason why it cannot be reported. */
export function readCustom(
  options: unknown,
  texts: TextPolicy,
):
  | { metric: string; body: unknown; tags: Tags | undefined; id: string | undefined }
  | RefusalReason {
  try {
    const { metric, value, tags, id } = options as CustomOptions;
    if (!isName(metric)) return 'metric';
    if (id !== undefined && !isId(id)) return 'id';
    const body = isFieldRecord(value) ? fitFields(value, texts) : fitValue(value, texts);
    return body === undefined ? 'value' : { metric, body, tags, id };
  } catch {
    return 'value';
  }
}

/** Keys of an object that is meant as options, at most. */
const MAX_OPTION_KEYS = 5;

/**
 * Options of a call that may be somebody's callback; `undefined` for what it is given then: a
 * signal's name, an error, a framework's instance.
 */
export function meantAsOptions(given: unknown): unknown {
  try {
    const isFew = isPlain(given) && Object.keys(given).length <= MAX_OPTION_KEYS;
    return isFew || typeof given === 'number' ? given : undefined;
  } catch {
    return undefined;
  }
}

const isId = (id: unknown): boolean =>
  typeof id === 'string' && id !== '' && id.length <= 127 && id.isWellFormed();

const isFieldRecord = (value: unknown): value is Record<string, unknown> =>
  Object.prototype.toString.call(value) === '[object Object]' &&
  typeof (value as { toJSON?: unknown }).toJSON !== 'function';
