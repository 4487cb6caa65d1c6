import { diag } from '@opentelemetry/api';
import { shown, typeName } from './metric-names.js';
import { tagFault } from './tag-policy.js';

/** Why a call never became a report. */
export type RefusalReason = keyof typeof REMEDIES;

const REMEDIES = {
  name: 'a name is a non-empty string of at most 255 characters without control characters',
  value:
    'the value is not one that this call takes: a finite number (a timing not negative, a bigint only if safe), a text, or a custom value without NaN or cycles',
  tag: 'tags are a list of strings or a record of strings, finite numbers and booleans',
  metric:
    "a custom's metric is named like any other: a non-empty string of at most 255 characters without control characters",
  id: "a custom's id is a non-empty string of at most 127 characters",
  names:
    'there are as many names as nameLimit allows; keep ids out of names, put what varies into tags, or raise nameLimit',
  closed: 'record before close(), or make a new Metrics',
  settings: 'the settings are faulty; flush() rejects with all faults',
  waiting:
    'no LoggerProvider appeared until close(), or more events waited for one than are kept; register one, or give a loggerProvider',
} as const;

/** The calls that were refused: counted by reason, each reason said once through OpenTelemetry's `diag`. */
export class Refusals {
  readonly #counts = new Map<RefusalReason, number>();

  /** Counts a refused call. Never throws. `name` is what the call was for, of whatever type; `given` what it was given. */
  refuse(reason: RefusalReason, method: string, name?: unknown, given?: Given): void {
    const before = this.#counts.get(reason) ?? 0;
    this.#counts.set(reason, before + 1);
    if (before > 0) return;
    try {
      diag.warn(
        `kaneda-otel: ${method}(${shown(name)}) refused (${reason}): ${detail(reason, given)}${REMEDIES[reason]}. Reported once; ledger().refused counts on.`,
      );
    } catch {
      // A diag logger that throws must not reach the application's call.
    }
  }

  counts(): Record<string, number> {
    return Object.fromEntries(this.#counts);
  }
}

/** The arguments of a call, as far as a message names what is wrong with them: by key and type, never by value. */
export interface Given {
  readonly tags?: unknown;
  readonly value?: unknown;
}

function detail(reason: RefusalReason, given: Given | undefined): string {
  if (given === undefined) return '';
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
