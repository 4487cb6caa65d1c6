export const MIB = 1_048_576;
/** Bytes that may wait when nothing else is said. */
export const IN_MEMORY = 64 * MIB;
export const ON_DISK = 1_024 * MIB;
