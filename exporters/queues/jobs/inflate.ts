import { inflateSync } from 'node:zlib';
import { MessageError } from '../errors.js';
import { MAX_UNPACKED_BYTES } from './limits.js';

/**
 * Inflates zlib's data; the output is bounded while it grows.
 * @param what the name of the data, for the error.
 * @throws MessageError for data that is too large or broken.
 */
export function inflate(data: Buffer, what: string): Buffer {
  try {
    return inflateSync(data, { maxOutputLength: MAX_UNPACKED_BYTES });
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (code === 'ERR_BUFFER_TOO_LARGE')
      throw new MessageError(`too large: over ${MAX_UNPACKED_BYTES} bytes decompressed`, { cause });
    throw new MessageError(`${what} is broken: it does not decompress`, { cause });
  }
}
