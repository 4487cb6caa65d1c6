import { type OptionRule, rules } from '../../exporters/setup/option-rules.js';

/**
 * The rule by which a setting's text in the environment becomes its value, and which values a file
 * may hold.
 */
export interface SettingType {
  readonly rule: OptionRule;
  /** The remedy for a value that the rule refuses. */
  readonly remedy: string;
  /**
   * Returns the value that the text of an environment variable means. A text without meaning is
   * returned as it is, for the rule to refuse.
   */
  parse(text: string): unknown;
}

const number = (text: string): unknown =>
  text.trim() === '' || Number.isNaN(Number(text)) ? text : Number(text);
const YES = new Set(['true', '1', 'yes', 'on']);
const NO = new Set(['false', '0', 'no', 'off']);
const truth = (text: string): unknown => {
  const word = text.trim().toLowerCase();
  return YES.has(word) ? true : NO.has(word) ? false : text;
};
const list = (text: string): unknown => {
  const parts = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  return parts.length === 1 ? parts[0] : parts;
};
/** `key=value,key2=value2` with percent-encoded values, as OTEL_EXPORTER_OTLP_HEADERS has it. */
export const headers = (text: string): unknown => {
  const found: Record<string, string> = {};
  for (const pair of text.split(',').filter((part) => part.trim() !== '')) {
    const at = pair.indexOf('=');
    if (at <= 0) return text;
    const value = pair.slice(at + 1).trim();
    try {
      found[pair.slice(0, at).trim()] = decodeURIComponent(value);
    } catch {
      found[pair.slice(0, at).trim()] = value;
    }
  }
  return found;
};

/** The text itself. */
export const asIs = (text: string): unknown => text;
/** A type of settings; for one that only one setting has. */
export const type = (
  rule: OptionRule,
  remedy: string,
  parse: (text: string) => unknown,
): SettingType => ({ rule, remedy, parse });
export const textMap: OptionRule = (value) =>
  rules.object(value) === undefined &&
  Object.values(value as object).every((one) => typeof one === 'string')
    ? undefined
    : 'must be an object of strings';
/** The name or path of a module, or an object with the method. */
export const moduleOr = (method?: string): OptionRule => {
  const object = method === undefined ? undefined : rules.having(method);
  return (value) =>
    rules.text(value) === undefined || (object !== undefined && object(value) === undefined)
      ? undefined
      : `must be a name or path${method === undefined ? '' : `, or an object with ${method}()`}`;
};

/** A text that is not empty. */
export const text = type(rules.text, 'set it to a string, or remove it', asIs);
/** One text or several. */
export const texts = type(
  rules.texts,
  'set it to a string or a list of strings, or remove it',
  list,
);
/** The number of a port. */
export const port = type(
  rules.port,
  'set it to the number of the port that the server listens on',
  number,
);
/** A duration in seconds. */
export const seconds = type(rules.seconds, 'set it to a number of seconds, such as 0.3', number);
/** A duration in milliseconds. */
export const milliseconds = type(
  rules.milliseconds,
  'set it to a number of milliseconds, such as 300',
  number,
);
/** A whole number above 0. */
export const count = type(rules.count, 'set it to a whole number above 0', number);
/** A yes or no. */
export const truthValue = type(rules.boolean, 'set it to true or false', truth);
/** A store or queue: its name, its path or its package. */
export const target = type(
  moduleOr(),
  'set it to the name of a store or queue, or to the path or package of your own',
  asIs,
);
/** One of these texts. */
export const choice = (...values: string[]): SettingType =>
  type(rules.oneOf(...values), `set it to ${values.join(' or ')}`, asIs);
