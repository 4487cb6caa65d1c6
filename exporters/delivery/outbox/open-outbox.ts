import { resolve } from 'node:path';
import { assertInstalled } from '../../setup/assert-installed.js';
import { MIB_BYTES } from '../../setup/definition.js';
import { FULL } from '../health.js';
import type { Signal } from '../ledger.js';
import { DISK_BOUND_BYTES, MEMORY_BOUND_BYTES } from './bounds.js';
import { DiskOutbox, tellFull } from './disk-outbox.js';
import { MemoryOutbox } from './memory-outbox.js';
import type { Outbox, OutboxParts } from './outbox.js';

/**
 * The outbox that the options ask for.
 * @throws ImproperlyConfiguredError if a directory is asked for and LevelDB is not installed.
 */
export function openOutbox(
  { name: exporter, className }: { readonly name: string; readonly className: string },
  options: { maxBytes?: number; directory?: string; name?: string } = {},
  parts: OutboxParts,
): Outbox {
  const { counts, problems } = parts;
  if (options.directory !== undefined) {
    assertInstalled('outbox', 'classic-level', '3');
    // Two exporters may share a directory; what one left must not be delivered by the other.
    const own = options.name === undefined ? '' : `-${options.name}`;
    const name = `${fileName(exporter)}${own}`;
    return new DiskOutbox({
      ...parts,
      directory: resolve(options.directory),
      name,
      formerName:
        options.name === undefined && isTelling(className) ? fileName(className) : undefined,
      maxBytes: options.maxBytes ?? DISK_BOUND_BYTES,
    });
  }
  const dropped = (signal: Signal): void => {
    counts.drop(signal, FULL);
    tellFull(problems);
  };
  return new MemoryOutbox(options.maxBytes ?? MEMORY_BOUND_BYTES, {
    dropped,
    rejected: (signal, reason) => counts.reject(signal, reason),
    madeRoom: parts.madeRoom,
  });
}

/** A sentence about where reports wait with these options. */
export function fateOf(options: { maxBytes?: number; directory?: string } = {}): string {
  const bound = `${Math.floor(((options.maxBytes ?? (options.directory === undefined ? MEMORY_BOUND_BYTES : DISK_BOUND_BYTES)) / MIB_BYTES) * 10) / 10} MiB`;
  return options.directory === undefined
    ? `Reports are kept in memory, up to ${bound}, and tried again; those that are not stored when the program ends are lost`
    : `Reports are kept on disk in ${resolve(options.directory)}, up to ${bound}, and tried again, by the next start too`;
}

const fileName = (name: string): string => name.replace(/\W/g, '_');

/**
 * Releases before 1.0 named the directory after the class. A name as short as a minifier's may be
 * another class's in the next build, whose reports belong into another store.
 */
const isTelling = (className: string): boolean => className.length > 3;
