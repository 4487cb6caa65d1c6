import { deserialize, serialize } from 'node:v8';
import { crc32 } from 'node:zlib';
import type { Report } from '../../reports/report.js';
import type { Signal } from '../ledger.js';

/*
 * A report on disk is V8's own serialization behind a checksum. It keeps dates and bigints, and
 * later versions of Node read it. Its key sorts by order of recording, and holds the size and the
 * signal of the report, so that they are known without reading the report.
 */

const CHECKSUM_BYTES = 4;
const KEY = /^\d{15}\.(\d+)\.([pl])$/;

export function encode(report: Report): Buffer {
  const body = serialize(report);
  const value = Buffer.allocUnsafe(CHECKSUM_BYTES + body.length);
  value.writeUInt32LE(crc32(body));
  body.copy(value, CHECKSUM_BYTES);
  return value;
}

/** The report, or nothing where the bytes are damaged. */
export function decode(value: Buffer): Report | undefined {
  try {
    const body = value.subarray(CHECKSUM_BYTES);
    return value.readUInt32LE() === crc32(body) ? (deserialize(body) as Report) : undefined;
  } catch {
    return undefined;
  }
}

export function keyOf(
  sequence: number,
  entry: { readonly size: number; readonly signal: Signal },
): string {
  return `${String(sequence).padStart(15, '0')}.${entry.size}.${entry.signal === 'log' ? 'l' : 'p'}`;
}

/** Returns the size and signal that a key holds, or nothing if the key is not ours. */
export function readKey(key: string): { size: number; signal: Signal } | undefined {
  const found = KEY.exec(key);
  return found === null
    ? undefined
    : { size: Number(found[1]), signal: found[2] === 'l' ? 'log' : 'metric_data_point' };
}
