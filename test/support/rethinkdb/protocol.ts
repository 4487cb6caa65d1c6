import { createRequire } from 'node:module';
import { CODES, Failure } from './failure.js';

/** A term as it goes over the wire: its number, its arguments, its options. */
export type WireTerm = readonly [number: number, args?: readonly unknown[], options?: object];

/** The server's rule for one term: the arguments it takes (fewest, most) and its options. */
interface TermRule {
  readonly args: readonly [fewest: number, most: number];
  readonly options?: Readonly<Record<string, (value: unknown) => string | undefined>>;
}

const { Term } = createRequire(import.meta.url)('rethinkdb/proto-def.js') as {
  Term: { TermType: Readonly<Record<string, number>> };
};
const NAMES = new Map(Object.entries(Term.TermType).map(([name, number]) => [number, name]));

const oneOf =
  (...values: readonly unknown[]) =>
  (value: unknown): string | undefined =>
    values.includes(value) ? undefined : `is ${JSON.stringify(value)}, not ${values.join(' or ')}`;
const positive = (value: unknown): string | undefined =>
  typeof value === 'number' && value > 0 ? undefined : 'is not a number above 0';
const conflict = (value: unknown): string | undefined => {
  if (['error', 'replace', 'update'].includes(value as string)) return undefined;
  const parameters = isTerm(value) && nameOf(value) === 'FUNC' ? parametersOf(value) : undefined;
  if (parameters === undefined) return 'is neither a known word nor a function';
  return parameters.length === 3
    ? undefined
    : 'The conflict function passed to insert should expect 3 arguments';
};

const text = (value: unknown): string | undefined =>
  typeof value === 'string' ? undefined : 'is no text';
const durability = oneOf('hard', 'soft');

/**
 * The terms that the exporter may send, as the server's own term classes define them (`argspec_t`, `optargspec_t` in
 * https://github.com/rethinkdb/rethinkdb/tree/v2.4.x/src/rdb_protocol/terms). Any other term is refused.
 */
const RULES: Readonly<Record<string, TermRule>> = {
  MAKE_ARRAY: { args: [0, Number.POSITIVE_INFINITY] },
  VAR: { args: [1, 1] },
  FUNC: { args: [2, 2] },
  DB: { args: [1, 1] },
  TABLE: { args: [1, 2], options: { read_mode: oneOf('single', 'majority', 'outdated') } },
  GET: { args: [2, 2] },
  GET_FIELD: { args: [2, 2] },
  FILTER: { args: [2, 2] },
  BETWEEN: {
    args: [3, 3],
    options: {
      left_bound: oneOf('open', 'closed'),
      right_bound: oneOf('open', 'closed'),
      index: text,
    },
  },
  ORDER_BY: { args: [1, Number.POSITIVE_INFINITY], options: { index: text } },
  LIMIT: { args: [2, 2] },
  GE: { args: [2, Number.POSITIVE_INFINITY] },
  LT: { args: [2, Number.POSITIVE_INFINITY] },
  CONTAINS: { args: [1, Number.POSITIVE_INFINITY] },
  EPOCH_TIME: { args: [1, 1] },
  MINVAL: { args: [0, 0] },
  MAXVAL: { args: [0, 0] },
  COERCE_TO: { args: [2, 2] },
  DELETE: { args: [1, 1], options: { durability, return_changes: oneOf(true, false, 'always') } },
  INSERT: {
    args: [2, 2],
    options: { conflict, durability, return_changes: oneOf(true, false, 'always') },
  },
  DB_CREATE: { args: [1, 1] },
  DB_LIST: { args: [0, 0] },
  TABLE_CREATE: { args: [1, 2] },
  TABLE_LIST: { args: [0, 1] },
  IS_EMPTY: { args: [1, 1] },
  JSON: { args: [1, 1] },
  WAIT: {
    args: [1, 1],
    options: {
      wait_for: oneOf('ready_for_outdated_reads', 'ready_for_reads', 'ready_for_writes'),
      timeout: positive,
    },
  },
};

/** Tells a term from a plain value: on the wire every list is a term. */
export const isTerm = (value: unknown): value is WireTerm => Array.isArray(value);

/** The name of a term in the driver's own protocol definition. */
export function nameOf([number]: WireTerm): string {
  const name = NAMES.get(number);
  if (name === undefined) throw refusal(`the protocol has no term ${number}`);
  return name;
}

/** The parameters that a FUNC term declares. */
export const parametersOf = ([, args = []]: WireTerm): readonly number[] =>
  (args[0] as WireTerm)[1] as readonly number[];

/**
 * Checks a built query, all its terms at any depth, against the server's rules.
 * @throws Failure for an unknown term, a wrong number of arguments, an unknown option or an option's wrong value.
 */
export function checkQuery(value: unknown): void {
  if (!isTerm(value)) {
    if (typeof value === 'object' && value !== null) Object.values(value).forEach(checkQuery);
    return;
  }
  checkTerm(value);
  const [, args = [], options = {}] = value;
  args.forEach(checkQuery);
  Object.values(options).forEach(checkQuery);
}

function checkTerm(term: WireTerm): void {
  const name = nameOf(term);
  const rule = RULES[name];
  if (rule === undefined) throw refusal(`no rule is known for the term ${name}`);
  const [, args = [], options = {}] = term;
  if (term.length > 3) throw refusal(`${name}: a term has at most three parts`);
  const [fewest, most] = rule.args;
  if (args.length < fewest || args.length > most)
    throw refusal(`Expected ${fewest} to ${most} arguments but found ${args.length}. (${name})`);
  for (const [option, value] of Object.entries(options)) {
    if (!Object.hasOwn(rule.options ?? {}, option))
      throw refusal(`Unrecognized optional argument \`${option}\`. (${name})`);
    const reason = rule.options![option]!(value);
    if (reason !== undefined) throw refusal(`${reason} (${name}, option ${option})`);
  }
}

const refusal = (text: string): Failure => new Failure(CODES.logic, text);
