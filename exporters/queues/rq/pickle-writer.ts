import { Float } from '../../reports/python-repr.js';
import { MAX_DEPTH } from '../jobs/limits.js';
import { checkPlain } from '../jobs/python-json.js';

let bytes = Buffer.allocUnsafe(16 * 1024);
let length = 0;

/**
 * Writes Python's pickle protocol 2, which every Python since 2.3 reads: a tuple of the items, each
 * a value of JSON's kinds, a bigint, a `Float` or a `Tuple`. No memo, no frames. Source: Python's
 * `Lib/pickletools.py`.
 * @throws TypeError for what it cannot write, cycles included.
 */
export function writePickle(items: readonly unknown[]): Buffer {
  length = 0;
  put(0x80, 0x02);
  putTuple(items, 0);
  put(0x2e);
  return Buffer.from(bytes.subarray(0, length));
}

/** An array that Python must see as a tuple. */
export class Tuple {
  constructor(readonly items: readonly unknown[]) {}
}

function putValue(value: unknown, depth: number): void {
  if (typeof value === 'string') putString(value);
  else if (typeof value === 'number') putNumber(value);
  else if (typeof value === 'bigint') putBigint(value);
  else if (typeof value === 'boolean') put(value ? 0x88 : 0x89);
  else if (value === null) put(0x4e);
  else if (typeof value === 'object') putObject(value, depth + 1);
  else throw new TypeError(`a ${typeof value} cannot be put into a job`);
}

function putObject(value: object, depth: number): void {
  if (depth > MAX_DEPTH)
    throw new TypeError(
      `a value of more than ${MAX_DEPTH} levels, or a cyclic one, cannot be put into a job`,
    );
  if (value instanceof Float) putFloat(value.value);
  else if (value instanceof Tuple) putTuple(value.items, depth);
  else if (Array.isArray(value)) {
    put(0x5d);
    if (value.length > 0) putItems(value, 0x65, depth);
  } else putDict(value, depth);
}

function putDict(value: object, depth: number): void {
  checkPlain(value);
  put(0x7d);
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  if (entries.length > 0) putItems(entries.flat(1), 0x75, depth);
}

function putTuple(items: readonly unknown[], depth: number): void {
  putItems(items, 0x74, depth);
}

/** MARK, the items, and the opcode that gathers them. */
function putItems(items: readonly unknown[], opcode: number, depth: number): void {
  put(0x28);
  for (const item of items) putValue(item, depth);
  put(opcode);
}

function putString(text: string): void {
  // A UTF-16 unit takes at most three bytes of UTF-8.
  reserve(5 + text.length * 3);
  const written = bytes.write(text, length + 5, 'utf8');
  bytes[length] = 0x58;
  bytes.writeUInt32LE(written, length + 1);
  length += 5 + written;
}

/**
 * An integer where it is one exactly; -0, which no Python integer is, and everything else as a
 * float.
 */
function putNumber(value: number): void {
  if (!Number.isSafeInteger(value) || Object.is(value, -0)) putFloat(value);
  else if (value < -0x8000_0000 || value > 0x7fff_ffff) putBigint(BigInt(value));
  else {
    reserve(5);
    bytes[length] = 0x4a;
    bytes.writeInt32LE(value, length + 1);
    length += 5;
  }
}

function putFloat(value: number): void {
  reserve(9);
  bytes[length] = 0x47;
  bytes.writeDoubleBE(value, length + 1);
  length += 9;
}

/** LONG1: little-endian two's complement in as few bytes as hold it with its sign. */
function putBigint(value: bigint): void {
  let size = 1;
  while (BigInt.asIntN(size * 8, value) !== value) size++;
  if (size > 255) throw new TypeError('an integer of more than 255 bytes cannot be put into a job');
  put(0x8a, size);
  for (let rest = BigInt.asUintN(size * 8, value), i = 0; i < size; i++, rest >>= 8n)
    put(Number(rest & 0xffn));
}

function put(...opcodes: readonly number[]): void {
  reserve(opcodes.length);
  for (const opcode of opcodes) bytes[length++] = opcode;
}

function reserve(more: number): void {
  if (length + more <= bytes.length) return;
  const larger = Buffer.allocUnsafe(Math.max(bytes.length * 2, length + more));
  bytes.copy(larger, 0, 0, length);
  bytes = larger;
}
