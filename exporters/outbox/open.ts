import type { Clock } from '../clock.js';
import type { Counts } from '../ledger.js';
import type { Notices } from '../notices.js';
import { MemoryOutbox } from './memory.js';
import type { Outbox } from './outbox.js';

const MIB = 1_048_576;
const IN_MEMORY = 64 * MIB;

/** What an outbox needs of its exporter. */
export interface OutboxParts {
  readonly counts: Counts;
  readonly notices: Notices;
  readonly clock: Clock;
  /** Called when reports have come from an earlier process. */
  readonly wake: () => void;
}

/** The outbox that the options ask for. */
export function openOutbox(
  _exporter: string,
  options: { maxBytes?: number; directory?: string } = {},
  { counts, notices }: OutboxParts,
): Outbox {
  return new MemoryOutbox(options.maxBytes ?? IN_MEMORY, (report) => {
    counts.drop(report, 'outbox full');
    notices.warn('full', 'the outbox is full; the oldest reports are dropped and counted in the ledger');
  });
}
