import type { Fault } from '../errors.js';
import type { OptionRule } from '../options.js';

/** A URL of one of these schemes. */
export function urlOf(...schemes: readonly string[]): OptionRule {
  return (value) => {
    const fits = typeof value === 'string' && URL.canParse(value) && schemes.includes(new URL(value).protocol.slice(0, -1));
    return fits ? undefined : `must be a URL that begins with ${schemes.map((scheme) => `${scheme}://`).join(' or ')}`;
  };
}

/** Faults unless exactly one of `ways` to reach the broker is among the options. */
export function oneWay(...ways: readonly string[]): (options: object) => Fault[] {
  return (options) => {
    const given = ways.filter((way) => Reflect.get(options, way) !== undefined);
    if (given.length === 0) return [{ path: ways.at(-1)!, reason: 'missing', remedy: `pass ${ways.join(' or ')}` }];
    return given.slice(1).map((way) => ({ path: way, reason: `excludes ${given[0]}`, remedy: `pass one of ${ways.join(', ')}` }));
  };
}
