import assert from 'node:assert/strict';
import type { Ledger } from '../../../exporters/delivery/ledger.js';

const sum = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((total, count) => total + count, 0);

/**
 * Asserts that a ledger accounts for every report: accepted = stored + pending + rejected +
 * dropped.
 */
export function expectBalanced(ledger: Ledger): void {
  assert.equal(
    ledger.accepted,
    ledger.stored + ledger.pending + sum(ledger.rejected) + sum(ledger.dropped),
    `The ledger does not account for every report: ${JSON.stringify(ledger)}`,
  );
  assert.ok(ledger.pending >= 0, `pending is negative: ${JSON.stringify(ledger)}`);
}

/** Asserts that the ledger has these entries; others may be as they are. */
export function expectLedger(ledger: Ledger, expected: Partial<Ledger>): void {
  const entries = Object.keys(expected).map((key) => [key, ledger[key as keyof Ledger]]);
  assert.deepEqual(Object.fromEntries(entries), expected, `the ledger: ${JSON.stringify(ledger)}`);
}

/** Asserts that the same ids are there, each as often. */
export function expectSameIds(
  found: readonly { id: string }[],
  expected: readonly { id: string }[],
): void {
  assert.deepEqual(idsOf(found), idsOf(expected));
}

/** The ids, sorted. */
export const idsOf = (reports: readonly { id: string }[]): string[] =>
  reports.map((report) => report.id).sort();

/** Asserts that a flush rejects at its deadline. Returns the error. */
export async function expectDeadline(flushed: Promise<unknown>): Promise<Error> {
  const error = await flushed.then(
    () => assert.fail('the flush resolved, although the reports cannot be stored'),
    (thrown: unknown) => thrown as Error & { code?: unknown },
  );
  assert.equal(error.code, 'KANEDA_DEADLINE', error.stack);
  return error;
}

/** The number of reports that were rejected. */
export const rejectedIn = (ledger: Ledger): number => sum(ledger.rejected);

/** The number of reports that were dropped. */
export const droppedIn = (ledger: Ledger): number => sum(ledger.dropped);
