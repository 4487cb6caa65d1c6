import { RejectedError } from '../../errors.js';

/**
 * The type in which a number is written. InfluxDB gives a field the type of its first number and
 * refuses the other type from then on.
 */
export type NumberType = 'integer' | 'float';

/**
 * A field as it will be written; the connection between a conflict that the store names and the
 * report that has it.
 */
export type FieldValue = number | bigint | boolean | string;

/** The types of fields, as far as they are known of the store. */
export interface FieldTyping {
  /**
   * The type that a numeric field has in the store, where it is known; else whole numbers are
   * floats too.
   */
  numberType(measurement: string, field: string): NumberType | undefined;
  /** True where a column of another writer has a name of ours and another type. */
  isTaken?(measurement: string, field: string): boolean;
}

// Not where they are used: each use would make another RegExp.
const QUOTES = /["\\]/;
const ALL_QUOTES = /["\\]/g;
const COMMAS = /[, ]/g;
const SEPARATORS = /[,= ]/g;

/**
 * A field's value; a number in the type that the store has for the field.
 * @throws nothing: every text can be expressed.
 */
export function fieldText(
  value: FieldValue,
  types: FieldTyping,
  measurement: string,
  field: string,
): string {
  switch (typeof value) {
    case 'string':
      return `"${QUOTES.test(value) ? value.replaceAll(ALL_QUOTES, '\\$&') : value}"`;
    case 'boolean':
      return value ? 'true' : 'false';
    case 'bigint':
      // As a float it would lose digits, if it is one of those that need 64 bits.
      return isFloat(value, types.numberType(measurement, field)) ? String(value) : `${value}i`;
    default:
      // Beyond 2^53 the digits are the double's, not a count's: as an integer they would pretend to
      // be exact.
      if (Number.isSafeInteger(value) && types.numberType(measurement, field) === 'integer')
        return `${value}i`;
      return value === 0 ? '0' : String(value);
  }
}

const isFloat = (value: bigint, type: NumberType | undefined): boolean =>
  type === 'float' || (type === undefined && Number.isSafeInteger(Number(value)));

/** @throws RejectedError for text that no escape can express. */
export function measurementText(text: string): string {
  const escapedText = escapeText(text, COMMAS, NAMES, 'metric type');
  // A line that begins with # is a comment: the point would be lost silently.
  return escapedText.startsWith('#') ? `_${escapedText}` : escapedText;
}

/** @throws RejectedError for text that no escape can express. */
export const keyText = (text: string, what: string): string =>
  escapeText(text, SEPARATORS, NAMES, what);
/** @throws RejectedError for text that no escape can express. */
export const tagText = (text: string): string => escapeText(text, SEPARATORS, VALUES, 'tag');

/** Anything that is not a plain word, so that most text is looked at once. */
const HOSTILE = /[^\w.:/@-]/;
/**
 * Backslashes that cannot be written, measured on 1.6.7: a backslash escapes the next character,
 * and nothing escapes the backslash itself.
 */
const NAMES = /\\(?=[,= "]|$)/;
const VALUES = /\\(?=[ ]|$)/;
/**
 * Written as two characters, as there is no escape: a newline would end the line, a leading tab or
 * NUL is skipped by the parser.
 */
const CONTROLS: Readonly<Record<string, string>> = {
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\0': '\\0',
};

function escapeText(text: string, special: RegExp, impossible: RegExp, what: string): string {
  if (!HOSTILE.test(text)) return text;
  if (impossible.test(text))
    throw new RejectedError(`a ${what} with a backslash at its end or before a separator`);
  return text.replace(/[\n\r\t\0]/g, (control) => CONTROLS[control]!).replace(special, '\\$&');
}
