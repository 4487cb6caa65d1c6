import type { Report } from '../reports/report.js';
import { keepProcessAliveFor } from '../timing/keep-alive.js';
import type { Assembly } from './assemble.js';
import { type Counts, signalOf } from './ledger.js';
import type { Outcome, WriteContext } from './store.js';

const FATE = 'The reports stay in the queue';

/** The context of a direct write. */
export interface DeliverContext extends WriteContext {
  /** A failure of these reports is known already, and not told again. */
  readonly isKnown?: boolean;
  /**
   * Told of each report that fails alone, while others are stored or because it was the only one,
   * with its error.
   */
  failedAlone?(position: number, error: Error): void;
}

/**
 * Writes reports at once, past the outbox, in batches. Never rejects: what could not be written is
 * `retry`. What is stored or rejected is counted.
 * @param batchSize reports a write, at most.
 */
export async function writeDirectly(
  { writer, counts, texts }: Pick<Assembly, 'writer' | 'counts' | 'texts'>,
  reports: readonly Report[],
  batchSize: number,
  context: DeliverContext | undefined,
): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  const fate = context?.isKnown === true ? undefined : FATE;
  while (outcomes.length < reports.length) {
    const from = outcomes.length;
    const part = reports
      .slice(from, from + Math.min(batchSize, writer.maxBatchAfterSplit))
      .map((report) => texts.fitReport(report));
    const written = await keepProcessAliveFor(writer.write(part, fate, context?.signal));
    outcomes.push(...written.outcomes);
    for (const [place, error] of written.aside) context?.failedAlone?.(from + place, error);
    if (written.fault === undefined) continue;
    if (reports.length === 1) context?.failedAlone?.(0, written.fault);
    break;
  }
  while (outcomes.length < reports.length) outcomes.push('retry');
  reports.forEach((report, i) => {
    count(counts, report, outcomes[i]!);
  });
  return outcomes;
}

function count(counts: Counts, report: Report, outcome: Outcome): void {
  if (outcome === 'retry') return;
  const signal = signalOf(report);
  counts.accept(signal);
  if (outcome === 'stored') counts.store(signal);
  else counts.reject(signal, outcome.rejected, report.name);
}
