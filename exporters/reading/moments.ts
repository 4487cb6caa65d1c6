import type { Fault } from '../faults.js';
import type { OptionRule } from '../setup/option-rules.js';
import { durationMs } from './durations.js';

/** A moment: a date, milliseconds since 1970, an ISO text, or a duration before now (`'1h'`). */
export type Moment = Date | number | string;

/** Milliseconds since 1970; `undefined` for nothing, and for a value that is not a moment. */
export function momentMs(value: unknown, now = Date.now()): number | undefined {
  if (value instanceof Date || typeof value === 'number') return finite(Number(value));
  if (typeof value !== 'string') return undefined;
  const ago = durationMs(value);
  // Date.parse takes almost any text: 'x 5' is a day in May.
  if (ago === undefined) return /^\d{4}-\d\d/.test(value) ? finite(Date.parse(value)) : undefined;
  return finite(now - ago);
}

const finite = (ms: number): number | undefined =>
  Number.isFinite(ms) && Math.abs(ms) <= 8.64e15 ? ms : undefined;

/** The rule of an option that is a moment. */
export const momentRule: OptionRule = (value) =>
  momentMs(value) === undefined
    ? "must be a Date, milliseconds since 1970, a time like '2026-11-28T12:00:00Z', or a duration before now like '1h'"
    : undefined;

/** The fault of a range of time that no moment is in. */
export function emptyRange(range: { since?: Moment; until?: Moment } | null): Fault[] {
  const now = Date.now();
  const [since, until] = [momentMs(range?.since, now), momentMs(range?.until, now)];
  if (since === undefined || until === undefined || since < until) return [];
  return [
    {
      path: 'until',
      reason: `is not after since (${new Date(since).toISOString()})`,
      remedy: 'give a later one, or a shorter duration before now',
    },
  ];
}
