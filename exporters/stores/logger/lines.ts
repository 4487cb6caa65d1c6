import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';

const CHUNK_BYTES = 262_144;
const NEWLINE = 0x0a;
/**
 * A longer line is not a report of ours. It is cut, so that a file without line ends is not kept in
 * memory.
 */
const MAX_LINE_BYTES = 64 * 1_048_576;
const GZIP = Buffer.of(0x1f, 0x8b);

/** Lines of a file. */
interface Lines {
  /** One line or several, with a newline between them, none at the end. */
  readonly bytes: Buffer;
  /** The file ends here without a newline: the line may still be written. */
  readonly isCut: boolean;
  /** Bytes up to here need not be read again; those of a line that may still be written must. */
  readonly done: number;
}

/** Lines of a file, and how much of it was read for them. */
export interface Chunk extends Pick<Lines, 'bytes' | 'isCut'> {
  /** Bytes of the file, compressed or not, that were read so far. */
  readonly read: number;
}

/** The lines of a file, compressed by gzip or not, in chunks. @throws the system's error. */
export async function* chunksOf(filename: string, signal: AbortSignal): AsyncGenerator<Chunk> {
  const isCompressed = await isGzip(filename);
  const file = createReadStream(filename, { highWaterMark: CHUNK_BYTES, signal });
  const stream: Readable = isCompressed
    ? file.pipe(createGunzip({ chunkSize: CHUNK_BYTES }))
    : file;
  // The error may come while no piece is awaited; the loop throws it later.
  file.on('error', (error) => stream.destroy(error));
  stream.on('error', () => {});
  try {
    for await (const { bytes, isCut } of wholeLines(stream as AsyncIterable<Buffer>))
      yield { bytes, isCut, read: file.bytesRead };
  } finally {
    file.destroy();
  }
}

/** Puts pieces of a file together to lines. */
export async function* wholeLines(pieces: AsyncIterable<Buffer>): AsyncGenerator<Lines> {
  let rest: Buffer[] = [];
  let kept = 0;
  let done = 0;
  for await (const piece of pieces) {
    const end = piece.lastIndexOf(NEWLINE) + 1;
    if (end === 0) {
      if (kept < MAX_LINE_BYTES) rest.push(piece);
      kept += piece.length;
      continue;
    }
    const whole = piece.subarray(0, end - 1);
    const bytes = rest.length === 0 ? whole : Buffer.concat([...rest, whole]);
    done += kept + end;
    yield { bytes, isCut: false, done };
    rest = end < piece.length ? [piece.subarray(end)] : [];
    kept = piece.length - end;
  }
  if (kept > MAX_LINE_BYTES) done += kept;
  if (rest.length > 0) yield { bytes: Buffer.concat(rest), isCut: true, done };
}

/** Tells whether a file is compressed by gzip. @throws the system's error. */
export async function isGzip(filename: string): Promise<boolean> {
  const handle = await open(filename, 'r');
  try {
    const start = Buffer.alloc(GZIP.length);
    await handle.read(start, 0, start.length, 0);
    return start.equals(GZIP);
  } finally {
    await handle.close();
  }
}
