import { diag } from '@opentelemetry/api';
import { shown } from './metric-names.js';

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
  closed: 'record before close(), or make a new Metrics',
  settings: 'the settings are faulty; flush() rejects with all faults',
  waiting:
    'no LoggerProvider appeared until close(), or more events waited for one than are kept; register one, or give a loggerProvider',
} as const;

/** The calls that were refused: counted by reason, each reason said once through OpenTelemetry's `diag`. */
export class Refusals {
  readonly #counts = new Map<RefusalReason, number>();

  /** Counts a refused call. Never throws. `name` is what the call was for, of whatever type. */
  refuse(reason: RefusalReason, method: string, name?: unknown): void {
    const before = this.#counts.get(reason) ?? 0;
    this.#counts.set(reason, before + 1);
    if (before > 0) return;
    try {
      diag.warn(
        `kaneda-otel: ${method}(${shown(name)}) refused (${reason}): ${REMEDIES[reason]}. Said once; ledger().refused counts on.`,
      );
    } catch {
      // A diag logger that throws must not reach the application's call.
    }
  }

  counts(): Record<string, number> {
    return Object.fromEntries(this.#counts);
  }
}
