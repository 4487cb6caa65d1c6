import { MessageError } from '../errors.js';

/** Bytes of a job as a broker holds it. What is larger is refused without being looked into. */
export const MAX_WIRE_BYTES = 8 * 1024 * 1024;
/**
 * Bytes of jobs that one look takes at most, so that a batch of large ones does not fill the
 * memory.
 */
export const MAX_TAKEN_BYTES = 16 * 1024 * 1024;
/** Bytes of a job's arguments, decompressed. */
export const MAX_UNPACKED_BYTES = 4 * 1024 * 1024;
/**
 * Levels of lists and dicts in each other. Far deeper ones make `JSON.stringify` overflow the stack
 * in a store's client.
 */
export const MAX_DEPTH = 100;
/** Values in one job's arguments, each appearance of a shared one counted. */
export const MAX_NODES = 250_000;
/** Characters of a reason that is kept with a dead letter. */
const MAX_REASON_CHARACTERS = 1_000;

/** @throws MessageError when a job is larger than `limit` bytes. */
export function checkSize(bytes: number, limit: number): void {
  if (bytes > limit) throw new MessageError(`too large: ${bytes} bytes, the limit is ${limit}`);
}

/** A reason as it is kept with a dead letter: well-formed, of bounded length, without NULs. */
export function reasonText(reason: string): string {
  return reason.slice(0, MAX_REASON_CHARACTERS).toWellFormed().replaceAll('\0', '');
}
