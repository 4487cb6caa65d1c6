import { SettingsError } from '../errors.js';
import type { OptionFault, OptionNames } from '../faults.js';
import type { OnProblem } from '../problems/problem.js';
import { tell } from '../problems/tell.js';
import { isRecord } from '../reports/is-record.js';
import { MAX_TIMER_MS } from '../timing/clock.js';
import { hostForSocket, isVersion6 } from './address.js';

/**
 * Says what is wrong with an option's value (`must be a positive number`), or nothing. `undefined`
 * values are never asked about.
 */
export type OptionRule = (value: unknown) => string | undefined;

/** The options that exist, each with its rule. A nested record is an object of options. */
export interface OptionRules {
  readonly [name: string]: OptionRule | OptionRules;
}

const rule =
  (test: (value: unknown) => boolean, wanted: string): OptionRule =>
  (value) =>
    test(value) ? undefined : `must be ${wanted}`;

const isDuration = (value: unknown, unitMs: number): boolean =>
  typeof value === 'number' && value * unitMs >= 1 && value * unitMs <= MAX_TIMER_MS;

const isString = (value: unknown): value is string => typeof value === 'string';
const isText = (value: unknown): value is string => isString(value) && value.length > 0;

const object = rule(isRecord, 'an object');
const tls: OptionRule = (value) => (typeof value === 'boolean' ? undefined : object(value));

/** The rules that options are made of. */
export const rules = {
  text: rule(isText, 'a non-empty string'),
  string: rule(isString, 'a string'),
  /** One or several. */
  texts: rule(
    (v) => isText(v) || (Array.isArray(v) && v.length > 0 && v.every(isText)),
    'a non-empty string or a list of them',
  ),
  function: rule((v) => typeof v === 'function', 'a function'),
  boolean: rule((v) => typeof v === 'boolean', 'true or false'),
  positive: rule((v) => typeof v === 'number' && Number.isFinite(v) && v > 0, 'a number above 0'),
  /** For timers, in milliseconds. */
  milliseconds: rule((v) => isDuration(v, 1), `milliseconds, 1 to ${MAX_TIMER_MS}`),
  /** For timers, in seconds. */
  seconds: rule((v) => isDuration(v, 1000), 'seconds, 0.001 to 2147483'),
  count: rule((v) => Number.isSafeInteger(v) && (v as number) > 0, 'a whole number above 0'),
  port: rule(
    (v) => Number.isInteger(v) && (v as number) > 0 && (v as number) < 65_536,
    'a port, 1 to 65535',
  ),
  /** Of a server, where its port is an option of its own. */
  host: rule(
    (v) => isText(v) && (!/[\s:/?#@[\]]/.test(v) || isVersion6(hostForSocket(v))),
    'the name or address of a host, without scheme, port and path',
  ),
  object,
  /** True, false, or options of `node:tls`. */
  tls,
  /** Something that has these methods, as a client or a logger given by the application. */
  having: (...methods: string[]) =>
    rule(
      (v) =>
        (typeof v === 'object' || typeof v === 'function') &&
        v !== null &&
        methods.every((m) => typeof Reflect.get(v, m) === 'function'),
      `an object with ${methods.map((m) => `${m}()`).join(', ')}`,
    ),
  oneOf: (...values: string[]) =>
    rule((v) => isString(v) && values.includes(v), values.map((v) => `'${v}'`).join(' or ')),
};

/** For a value that is looked at where it is used. */
export const anything: OptionRule = () => undefined;

/**
 * All faults of `options`: names that do not exist (with the nearest that does) and values that
 * their rule refuses. Values are never quoted: one may be a secret.
 */
export function checkOptions(options: unknown, known: OptionRules, at = ''): OptionFault[] {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    return [{ kind: 'invalid', path: at || 'options', reason: 'must be an object' }];
  }
  const faults: OptionFault[] = [];
  for (const [name, value] of Object.entries(options)) {
    const path = at ? `${at}.${name}` : name;
    const wanted = Object.hasOwn(known, name) ? known[name] : undefined;
    if (wanted === undefined)
      faults.push({ kind: 'unknown', path, suggestion: suggestion(name, Object.keys(known)) });
    else if (value === undefined) continue;
    else if (typeof wanted === 'object') faults.push(...checkOptions(value, wanted, path));
    else {
      const reason = wanted(value);
      if (reason !== undefined) faults.push({ kind: 'invalid', path, reason });
    }
  }
  return faults;
}

/**
 * @param caller as it is written in the application: `new Collection`.
 * @param at the path of the options in the messages, where they are part of something.
 * @throws SettingsError with all faults of `options`.
 */
export function assertOptions(
  caller: string,
  options: unknown,
  known: OptionRules,
  at?: string,
): void {
  const faults = checkOptions(options, known, at);
  if (faults.length > 0) throw new SettingsError(caller, faults);
}

const MAX_TOLD_FAULTS = 5;

/** Tells the faults of `options`, as {@link assertOptions}, for a call that never throws. */
export function tellFaults(
  caller: string,
  options: unknown,
  known: OptionRules,
  onProblem?: OnProblem,
): void {
  // Something else than options may have any number of keys.
  const faults = checkOptions(options, known).slice(0, MAX_TOLD_FAULTS);
  if (faults.length === 0) return;
  const cause = new SettingsError(caller, faults);
  tell({ code: cause.code, message: `kaneda-otel: ${cause.message}`, cause }, onProblem);
}

/** `did you mean X?` when a known name is near, else the list of the known ones. */
export function suggestion(name: string, known: readonly string[]): string {
  const near = nearest(name, known);
  return near === undefined
    ? `remove it; known options are ${known.join(', ')}`
    : `did you mean ${near}?`;
}

/**
 * The known name that differs from `name` by the fewest edits, at most two or a third of its
 * length, and fewer than it is long; else undefined.
 */
export function nearest(name: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.min(Math.max(2, Math.floor(name.length / 3)) + 1, name.length);
  for (const candidate of known) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/**
 * Insertions, deletions, substitutions and swaps of neighbours between two names (optimal string
 * alignment).
 */
function editDistance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min(
        rows[i - 1]![j]! + 1,
        row[j - 1]! + 1,
        rows[i - 1]![j - 1]! + (same ? 0 : 1),
      );
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        cost = Math.min(cost, rows[i - 2]![j - 2]! + 1);
      row.push(cost);
    }
    rows.push(row);
  }
  return rows[a.length]![b.length]!;
}

/** The faults of options that exclude each other: all that are given but the first. */
export function onlyOneOf(options: object, choices: readonly string[]): OptionFault[] {
  const [first, ...others] = choices.filter((name) => Reflect.get(options, name) !== undefined);
  return others.map((path) => ({ kind: 'excludes', path, options: [first!], choices }));
}

/** The faults of options that do nothing beside another one. */
export function uselessBeside(
  options: object,
  names: readonly string[],
  reason: string,
  remedy: string | ((names: OptionNames) => string),
): OptionFault[] {
  const worded = typeof remedy === 'string' ? () => remedy : remedy;
  return names
    .filter((name) => Reflect.get(options, name) !== undefined)
    .map((path) => ({ kind: 'useless', path, reason, remedy: worded }));
}

/** The fault of a `port` beside a `connectionUrl`, which has a port of its own. */
export const portBesideUrl = (options: {
  port?: unknown;
  connectionUrl?: unknown;
}): OptionFault[] =>
  options.port === undefined || options.connectionUrl === undefined
    ? []
    : [{ kind: 'needs', path: 'port', owner: 'host', holder: 'connectionUrl' }];
