import { MIB_BYTES } from '../../setup/definition.js';

/** Bytes that may wait in memory, unless `maxBytes` says otherwise. */
export const MEMORY_BOUND_BYTES = 64 * MIB_BYTES;
/** Bytes that may wait on disk, unless `maxBytes` says otherwise. */
export const DISK_BOUND_BYTES = 1_024 * MIB_BYTES;
