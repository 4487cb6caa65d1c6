import { type Ledger, withCuts } from '../../exporters/delivery/ledger.js';

/** A ledger of nothing. */
export const emptyLedger = (): Ledger => ({
  accepted: 0,
  stored: 0,
  pending: 0,
  rejected: {},
  dropped: {},
  refused: {},
});

/** The sum of ledgers, reason by reason. */
export function addLedgers(ledgers: readonly Ledger[]): Ledger {
  let sum = emptyLedger();
  for (const ledger of ledgers) {
    sum.accepted += ledger.accepted;
    sum.stored += ledger.stored;
    sum.pending += ledger.pending;
    for (const kind of ['rejected', 'dropped', 'refused'] as const)
      sum[kind] = addReasons(sum[kind], ledger[kind]);
    sum = withCuts(sum, ledger.cut);
  }
  return sum;
}

function addReasons(
  sum: Record<string, number>,
  more: Readonly<Record<string, number>>,
): Record<string, number> {
  const counts = new Map(Object.entries(sum));
  for (const [reason, count] of Object.entries(more))
    counts.set(reason, (counts.get(reason) ?? 0) + count);
  // Reasons are a store's words: fromEntries makes a property even of __proto__.
  return Object.fromEntries(counts);
}

/** The sum of the counts of all reasons. */
export const sumOfReasons = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((sum, count) => sum + count, 0);
