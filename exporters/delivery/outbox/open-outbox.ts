import { resolve } from 'node:path';
import type { Notices } from '../../diagnostics/notices.js';
import { assertInstalled } from '../../setup/assert-installed.js';
import type { Clock } from '../../timing/clock.js';
import type { Counts } from '../ledger.js';
import { DiskOutbox } from './disk-outbox.js';
import { MemoryOutbox } from './memory-outbox.js';
import type { Outbox } from './outbox.js';

const MIB = 1_048_576;
/** Bytes that may wait when nothing else is said. */
export const IN_MEMORY = 64 * MIB;
export const ON_DISK = 1_024 * MIB;

/** What an outbox needs of its exporter. */
export interface OutboxParts {
  readonly counts: Counts;
  readonly notices: Notices;
  readonly clock: Clock;
  /** Called when reports have come from an earlier process. */
  readonly wake: () => void;
}

/**
 * The outbox that the options ask for.
 * @throws ImproperlyConfiguredError if a directory is asked for and LevelDB is not installed.
 */
export function openOutbox(
  { name: exporter, className }: { readonly name: string; readonly className: string },
  options: { maxBytes?: number; directory?: string; name?: string } = {},
  parts: OutboxParts,
): Outbox {
  const { counts, notices } = parts;
  if (options.directory !== undefined) {
    assertInstalled('An outbox with a directory', 'classic-level', '3');
    // Two exporters may share a directory; what one left must not be delivered by the other.
    const own = options.name === undefined ? '' : `-${options.name}`;
    const name = `${fileName(exporter)}${own}`;
    return new DiskOutbox({
      ...parts,
      directory: resolve(options.directory),
      name,
      formerName:
        options.name === undefined && isTelling(className) ? fileName(className) : undefined,
      maxBytes: options.maxBytes ?? ON_DISK,
    });
  }
  return new MemoryOutbox(options.maxBytes ?? IN_MEMORY, (signal) => {
    counts.drop(signal, 'outbox full');
    notices.warn(
      'full',
      'the outbox is full; the oldest reports are dropped and counted in the ledger',
    );
  });
}

const fileName = (name: string): string => name.replace(/\W/g, '_');

/**
 * Releases before 1.0 named the directory after the class. A name as short as a minifier's may be another class's in the next
 * build, whose reports belong into another store.
 */
const isTelling = (className: string): boolean => className.length > 3;
