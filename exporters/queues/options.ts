import { type Fault, SettingsError } from '../errors.js';
import { checkOptions, type OptionRule, type OptionRules, rules } from '../options.js';

const GENERAL: OptionRules = {
  outbox: { maxBytes: rules.count, directory: rules.text },
  batchSize: rules.count,
  writeTimeout: rules.positive,
  appName: rules.text,
};

/** A URL of one of these schemes. */
export function urlOf(...schemes: readonly string[]): OptionRule {
  return (value) => {
    const fits = typeof value === 'string' && URL.canParse(value) && schemes.includes(new URL(value).protocol.slice(0, -1));
    return fits ? undefined : `must be a URL that begins with ${schemes.map((scheme) => `${scheme}://`).join(' or ')}`;
  };
}

/**
 * The options, when exactly one of `ways` to reach the broker is among them.
 * @throws SettingsError otherwise, with all other faults too.
 */
export function withOneWay<T extends object>(
  queue: string,
  options: T,
  own: OptionRules,
  ways: readonly (keyof T & string)[],
): T {
  const given = ways.filter((way) => options?.[way] !== undefined);
  if (given.length === 1) return options;
  const choice = ways.join(' or ');
  const fault: Fault =
    given.length === 0
      ? { path: ways.at(-1)!, reason: 'missing', remedy: `pass ${choice}` }
      : { path: given[1]!, reason: `excludes ${given[0]}`, remedy: `pass one of ${choice}` };
  throw new SettingsError(queue, [...checkOptions(options, { ...GENERAL, ...own }), fault]);
}
