import type { OnProblem } from '../../exporters/problems/problem.js';
import { tell } from '../../exporters/problems/tell.js';
import { type OptionRules, tellFaults } from '../../exporters/setup/option-rules.js';
import { nameText, typeName } from './metric-names.js';
import { tagFault } from './tag-policy.js';

/** The reason for which a call never became a report. */
export type RefusalReason = keyof typeof REMEDIES | 'disabled';

const REMEDIES = {
  name: 'a name is a non-empty string of at most 255 characters without control characters',
  value:
    'the value is not one that this call takes: a finite number (a timing not negative, a bigint only if safe), a string, or a custom value without NaN or cycles',
  tag: 'tags are a list of strings or a record of strings, finite numbers and booleans',
  metric:
    "a custom's metric is named like any other: a non-empty string of at most 255 characters without control characters",
  id: "a custom's id is a non-empty string of at most 127 characters",
  monotonic:
    'the counter is described as monotonic and cannot decrease; use another name, or a gauge',
  description: 'describe a name once, before its first call; the first description stays in effect',
  names:
    'nameLimit is reached; keep ids out of names and put variable parts into tags, or raise nameLimit',
  closed: 'record before close(), or make a new Metrics',
  settings: 'the settings are faulty; flush() rejects with all faults',
  waiting:
    'no LoggerProvider was registered before close(), or too many events were waiting for one; register one, or give a loggerProvider',
} as const;

/** The calls that were refused: counted by reason, each reason told once. */
export class Refusals {
  readonly #counts = new Map<RefusalReason, number>();
  readonly #lookedOver = new Set<string>();
  readonly #onProblem: OnProblem | undefined;

  constructor(onProblem?: OnProblem) {
    this.#onProblem = onProblem;
  }

  /**
   * Counts a refused call. Never throws. `name` is what the call was for, of whatever type; `given`
   * what it was given.
   */
  refuse(reason: RefusalReason, method: string, name?: unknown, given?: Given): void {
    // With `enabled: false`, neither calls nor warnings about them are wanted.
    if (reason === 'disabled') return;
    const before = this.count(reason, 1);
    // The fault of the settings themselves was told when they were read.
    if (before > 0 || reason === 'settings') return;
    const remedy = REMEDIES[reason];
    const what = `${method}(${nameText(name)}) refused (${reason}): ${safeDetail(reason, given)}`;
    const message = `kaneda-otel: ${what}${remedy}. Shown once for this reason; ledger().refused counts each.`;
    tell({ code: 'KANEDA_REFUSED', message, remedy }, this.#onProblem);
  }

  /** Counts calls whose refusal was told otherwise. @returns the count before. */
  count(reason: RefusalReason, calls: number): number {
    const before = this.#counts.get(reason) ?? 0;
    if (calls > 0) this.#counts.set(reason, before + calls);
    return before;
  }

  /**
   * Tells, once for each method, of options that there are not: the call goes on without them.
   * Never throws.
   */
  lookOver(method: string, options: unknown, known: OptionRules): void {
    if (options === undefined || this.#lookedOver.has(method)) return;
    try {
      if (hasOnly(options, known)) return;
      this.#lookedOver.add(method);
      tellFaults(`metrics.${method}`, options, known, this.#onProblem);
    } catch {
      // Options that cannot be read refuse the call.
    }
  }

  counts(): Record<string, number> {
    return Object.fromEntries(this.#counts);
  }
}

/**
 * The arguments of a call, as far as a message names what is wrong with them: by key and type,
 * never by value.
 */
export interface Given {
  readonly tags?: unknown;
  readonly value?: unknown;
  /** The fault, in words. */
  readonly fault?: string;
}

/** For each call: allocates nothing where all is well. */
function hasOnly(options: unknown, known: OptionRules): boolean {
  if (typeof options !== 'object' || options === null) return false;
  for (const name in options)
    if (!Object.hasOwn(known, name) && Object.hasOwn(options, name)) return false;
  return true;
}

/** Reading what a call was given may throw: getters, proxies. */
function safeDetail(reason: RefusalReason, given: Given | undefined): string {
  try {
    return detail(reason, given);
  } catch {
    return '';
  }
}

function detail(reason: RefusalReason, given: Given | undefined): string {
  if (given === undefined) return '';
  if (given.fault !== undefined) return `${given.fault}; `;
  const fault =
    reason === 'tag'
      ? tagFault(given.tags)
      : reason === 'value' && 'value' in given
        ? valueFault(given.value)
        : undefined;
  return fault === undefined ? '' : `${fault}; `;
}

const valueFault = (value: unknown): string =>
  `the value is ${typeof value === 'number' && value < 0 ? 'negative' : typeName(value)}`;
