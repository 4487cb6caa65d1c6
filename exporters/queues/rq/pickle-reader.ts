import { MessageError } from '../errors.js';
import { checkSize, MAX_DEPTH, MAX_NODES, MAX_UNPACKED_BYTES } from '../jobs/limits.js';
import { effectOf } from './opcode-effects.js';

/**
 * The values that a job may hold: data, never a class or a function. Tuples come as arrays, whole
 * numbers beyond 2^53 as bigint.
 */
export type Plain = null | boolean | number | bigint | string | Plain[] | { [key: string]: Plain };

/** A value while it is read. */
type Raw = null | boolean | number | bigint | string | Raw[] | Dict;
/** Keys and values in turns, as they were set: nothing is hashed to be copied. */
class Dict {
  readonly items: Raw[] = [];
}
const MARK = Symbol('mark');

/**
 * Reads a pickle of protocols 2 to 5 that holds data alone. Opcodes that import, call or build
 * anything are refused, as is every one that is not known to be harmless: a pickle is a program,
 * and a writer to the broker must not be able to run one here. Source: Python's
 * `Lib/pickletools.py`.
 * @throws MessageError for everything else: a forbidden opcode, a cycle, too deep, too many values,
 * trailing bytes.
 */
export function readPickle(pickle: Buffer): Plain {
  checkSize(pickle.length, MAX_UNPACKED_BYTES);
  return new Copier().copy(new PickleReader(pickle).read(), 0);
}

class PickleReader {
  #at = 0;
  readonly #stack: (Raw | typeof MARK)[] = [];
  /** Made when it is needed: our own pickles write none. */
  #memo: Map<number, Raw> | undefined;
  readonly #bytes: Buffer;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  read(): Raw {
    if (this.#byte() !== 0x80) throw new MessageError('not a pickle of protocol 2 or later');
    const protocol = this.#byte();
    if (protocol < 2 || protocol > 5)
      throw new MessageError(`a pickle of the unknown protocol ${protocol}`);
    for (let opcode = this.#byte(); opcode !== 0x2e; opcode = this.#byte()) this.#run(opcode);
    if (this.#at !== this.#bytes.length)
      throw new MessageError('bytes after the end of the pickle');
    const value = this.#pop();
    if (this.#stack.length > 0) throw new MessageError('more than one value in the pickle');
    return value;
  }

  #run(opcode: number): void {
    switch (opcode) {
      case 0x95: // FRAME
        this.#take(8);
        break;
      case 0x28: // MARK
        this.#stack.push(MARK);
        break;
      case 0x4e: // NONE
        this.#push(null);
        break;
      case 0x88: // NEWTRUE
        this.#push(true);
        break;
      case 0x89: // NEWFALSE
        this.#push(false);
        break;
      case 0x4b: // BININT1
        this.#push(this.#byte());
        break;
      case 0x4d: // BININT2
        this.#push(this.#bytes.readUInt16LE(this.#take(2)));
        break;
      case 0x4a: // BININT
        this.#push(this.#bytes.readInt32LE(this.#take(4)));
        break;
      case 0x8a: // LONG1
        this.#push(this.#integer(this.#byte()));
        break;
      case 0x8b: // LONG4
        this.#push(this.#integer(this.#length(4, 1_024)));
        break;
      case 0x47: // BINFLOAT
        this.#push(this.#bytes.readDoubleBE(this.#take(8)));
        break;
      case 0x8c: // SHORT_BINUNICODE
      case 0x55: // SHORT_BINSTRING
        this.#push(this.#text(this.#byte()));
        break;
      case 0x58: // BINUNICODE
      case 0x54: // BINSTRING
        this.#push(this.#text(this.#length(4)));
        break;
      case 0x8d: // BINUNICODE8
        this.#push(this.#text(this.#length(8)));
        break;
      default:
        this.#runOnContainers(opcode);
    }
  }

  #runOnContainers(opcode: number): void {
    switch (opcode) {
      case 0x5d: // EMPTY_LIST
      case 0x29: // EMPTY_TUPLE
        this.#push([]);
        break;
      case 0x7d: // EMPTY_DICT
        this.#push(new Dict());
        break;
      case 0x61: // APPEND
        this.#append([this.#pop()]);
        break;
      case 0x65: // APPENDS
        this.#append(this.#popToMark());
        break;
      case 0x85: // TUPLE1, TUPLE2, TUPLE3
      case 0x86:
      case 0x87:
        this.#push(this.#popSome(opcode - 0x84));
        break;
      case 0x74: // TUPLE
        this.#push(this.#popToMark());
        break;
      case 0x73: // SETITEM
        this.#setItems(this.#popSome(2));
        break;
      case 0x75: // SETITEMS
        this.#setItems(this.#popToMark());
        break;
      case 0x94: // MEMOIZE
        this.#put(this.#memo?.size ?? 0);
        break;
      case 0x71: // BINPUT
        this.#put(this.#byte());
        break;
      case 0x72: // LONG_BINPUT
        this.#put(this.#bytes.readUInt32LE(this.#take(4)));
        break;
      case 0x68: // BINGET
        this.#get(this.#byte());
        break;
      case 0x6a: // LONG_BINGET
        this.#get(this.#bytes.readUInt32LE(this.#take(4)));
        break;
      default:
        throw new MessageError(
          `a pickle with the forbidden opcode 0x${opcode.toString(16).padStart(2, '0')}${effectOf(opcode)}`,
        );
    }
  }

  #byte(): number {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw new MessageError('the pickle ends too early');
    return byte;
  }

  /** Passes over bytes, and returns the place of the first. */
  #take(size: number): number {
    const start = this.#at;
    if (start + size > this.#bytes.length) throw new MessageError('the pickle ends too early');
    this.#at += size;
    return start;
  }

  #text(size: number): string {
    const start = this.#take(size);
    return this.#bytes.toString('utf8', start, this.#at);
  }

  #integer(size: number): number | bigint {
    const start = this.#take(size);
    return integer(this.#bytes.subarray(start, this.#at));
  }

  #length(size: 4 | 8, limit = this.#bytes.length): number {
    const start = this.#take(size);
    const value =
      size === 4 ? this.#bytes.readUInt32LE(start) : Number(this.#bytes.readBigUInt64LE(start));
    if (value > limit) throw new MessageError('a length in the pickle is beyond its end');
    return value;
  }

  #push(value: Raw): void {
    this.#stack.push(value);
  }

  #pop(): Raw {
    const value = this.#stack.pop();
    if (value === undefined || value === MARK)
      throw new MessageError('the pickle takes more values than it made');
    return value as Raw;
  }

  #top(): Raw {
    const value = this.#pop();
    this.#push(value);
    return value;
  }

  #popSome(count: number): Raw[] {
    const values: Raw[] = [];
    while (values.length < count) values.push(this.#pop());
    return values.reverse();
  }

  #popToMark(): Raw[] {
    const mark = this.#stack.lastIndexOf(MARK);
    if (mark < 0) throw new MessageError('the pickle collects values without a mark');
    const values = this.#stack.slice(mark + 1) as Raw[];
    this.#stack.length = mark;
    return values;
  }

  #append(values: Raw[]): void {
    const list = this.#top();
    if (!Array.isArray(list)) throw new MessageError('the pickle appends to what is not a list');
    for (const value of values) list.push(value);
  }

  #setItems(values: Raw[]): void {
    const dict = this.#top();
    if (!(dict instanceof Dict) || values.length % 2 !== 0)
      throw new MessageError('the pickle sets items of what is not a dict');
    for (const value of values) dict.items.push(value);
  }

  #put(place: number): void {
    this.#memo ??= new Map();
    this.#memo.set(place, this.#top());
  }

  #get(place: number): void {
    const value = this.#memo?.get(place);
    if (value === undefined)
      throw new MessageError('the pickle reads a memo entry that it did not write');
    this.#push(value);
  }
}

/**
 * The memo lets one value appear many times, or inside itself: a bounded copy as a tree, with
 * string keys alone.
 */
class Copier {
  #nodes = 0;
  /** The lists and dicts around the value; few, for the depth has a bound. */
  readonly #open: Raw[] = [];

  copy(value: Raw, depth: number): Plain {
    if (++this.#nodes > MAX_NODES)
      throw new MessageError(`too many values: more than ${MAX_NODES}`);
    if (typeof value !== 'object' || value === null) return value;
    if (this.#open.includes(value)) throw new MessageError('a value that contains itself');
    if (depth >= MAX_DEPTH) throw new MessageError(`too deep: more than ${MAX_DEPTH} levels`);
    this.#open.push(value);
    const copy = Array.isArray(value)
      ? value.map((item) => this.copy(item, depth + 1))
      : this.#copyDict(value, depth);
    this.#open.pop();
    return copy;
  }

  #copyDict({ items }: Dict, depth: number): Plain {
    const copy: { [key: string]: Plain } = {};
    for (let i = 0; i < items.length; i += 2) {
      const key = items[i];
      if (typeof key !== 'string') throw new MessageError('a dict with a key that is not a string');
      const value = this.copy(items[i + 1]!, depth + 1);
      if (key === '__proto__')
        Object.defineProperty(copy, key, {
          value,
          enumerable: true,
          configurable: true,
          writable: true,
        });
      else copy[key] = value;
    }
    return copy;
  }
}

/** Little-endian two's complement of any length; a number where one holds it. */
function integer(bytes: Buffer): number | bigint {
  if (bytes.length === 0) return 0;
  const hex = Buffer.from(bytes).reverse().toString('hex');
  const value = BigInt.asIntN(bytes.length * 8, BigInt(`0x${hex}`));
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
