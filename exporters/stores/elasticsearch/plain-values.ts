import { dateOf } from '../../reading/field-values.js';

/**
 * The value of a field that was stored as a list of it alone: Elasticsearch makes no difference
 * between the two. Any other value is returned as it is.
 */
export function alone(value: unknown): unknown {
  if (!Array.isArray(value)) return value;
  const all = new Set(value.flat(Number.POSITIVE_INFINITY).filter(isThere));
  return all.size === 1 ? all.values().next().value : value;
}

/** A field of keywords: numbers and booleans are their texts. */
export function keywordOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  const all = new Set([value].flat(Number.POSITIVE_INFINITY).filter(isThere).map(textIn));
  return all.size === 1 ? all.values().next().value : undefined;
}

const isThere = (value: unknown): boolean => value !== null && value !== undefined;

const textIn = (value: unknown): string | undefined =>
  typeof value === 'object' ? undefined : String(value);

/** Milliseconds as text; four digits are a year. */
const DIGITS = /^-?\d+(\.\d+)?$/;
const YEAR_DIGITS = 4;
const TIME =
  /^(\d{4}-\d\d-\d\d)T(\d\d)(?::(\d\d))?(?::(\d\d)(?:[.,](\d+))?)?(Z|[+-]\d\d(?::?\d\d)?)?$/;
/** An exporter's own, as JSON has dates. */
const OWN_LENGTH = '2026-03-01T10:00:00.000Z'.length;

/** A field of dates as Elasticsearch understands it: without a zone it is in UTC. */
export function momentOf(value: unknown): Date | undefined {
  const one = alone(value);
  if (typeof one !== 'string' || (one.length === OWN_LENGTH && one.endsWith('Z')))
    return dateOf(one);
  if (DIGITS.test(one) && one.length !== YEAR_DIGITS) return dateOf(Number(one));
  const [, day, hour, minute = '00', second = '00', fraction = '0', zone = 'Z'] =
    TIME.exec(one) ?? [];
  if (day === undefined) return dateOf(one);
  const offset = zone.length === '+01'.length ? `${zone}:00` : zone;
  return dateOf(`${day}T${hour}:${minute}:${second}.${fraction}${offset}`);
}
