import { randomBytes, randomInt } from 'node:crypto';

/*
 * Both kinds of id share one layout, so that they sort by time and carry a number that is theirs alone within a millisecond:
 * 48 bits of milliseconds, version, 12 bits of the sequence, variant, the sequence's other 8 bits, 54 bits that are random
 * (version 7, https://www.rfc-editor.org/rfc/rfc9562#section-5.7) or a digest (version 8, section 5.8).
 */

/** Sequences count modulo a million: as nanoseconds they fit below a millisecond. */
const SEQUENCES = 1_000_000;
const LAYOUT = /^[0-9a-f]{8}-[0-9a-f]{4}-[78][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i;

let lastTime = 0;
let sequence = randomInt(SEQUENCES);
let pool = Buffer.alloc(0);
let poolAt = 0;

/**
 * A new UUIDv7 for an event or any other single report, later than every id this process made before, also when the clock
 * steps back or thousands are made within a millisecond.
 * @param time milliseconds since 1970.
 */
export function newId(time = Date.now()): string {
  if (poolAt + 7 > pool.length) {
    pool = randomBytes(7 * 512);
    poolAt = 0;
  }
  sequence += 1;
  // A wrapped sequence would sort before its neighbours of the same millisecond.
  if (sequence === SEQUENCES) {
    sequence = 0;
    if (time <= lastTime) lastTime += 1;
  }
  lastTime = Math.max(lastTime, Math.floor(time));
  const high = pool.readUInt32LE(poolAt);
  const low = pool.readUInt32LE(poolAt + 3);
  poolAt += 7;
  return format(lastTime, 7, sequence, high, low >>> 8);
}

/** This process among all that write into the same store. */
const [PROCESS_HIGH, PROCESS_LOW] = [randomBytes(4).readInt32LE(), randomBytes(4).readInt32LE()];

/** A running digest of texts and numbers, two lanes of 32 bits; not for secrets. */
export class Digest {
  high = PROCESS_HIGH;
  low = PROCESS_LOW;

  /** Starts again from another digest's state. */
  from(other: Digest): this {
    this.high = other.high;
    this.low = other.low;
    return this;
  }

  text(text: string): this {
    let { high, low } = this;
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      high = Math.imul(high ^ unit, 0x85ebca6b);
      high = (high << 13) | (high >>> 19);
      low = Math.imul(low ^ unit, 0xc2b2ae35);
      low = (low << 15) | (low >>> 17);
    }
    this.high = high;
    this.low = low;
    // The length keeps 'ab','c' and 'a','bc' apart.
    return this.number(text.length);
  }

  number(value: number): this {
    const upper = (value / 0x1_0000_0000) | 0;
    this.high = mix(this.high ^ (value | 0) ^ Math.imul(upper, 0x9e3779b1));
    this.low = mix(this.low ^ Math.imul(value | 0, 0x27d4eb2f) ^ upper);
    return this;
  }

  /** 53 bits as a number, for a map's key. */
  key(): number {
    return (mix(this.high) >>> 11) * 0x1_0000_0000 + (mix(this.low ^ this.high) >>> 0);
  }
}

function mix(lane: number): number {
  let mixed = Math.imul(lane ^ (lane >>> 16), 0x7feb352d);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x846ca68b);
  return mixed ^ (mixed >>> 16);
}

/**
 * The UUIDv8 of a data point: the same point always gets the same id, in this process.
 * @param time milliseconds of the interval's end.
 * @param sequence the point's own number among those of this time; taken modulo 1 000 000.
 * @param digest of series and interval.
 */
export function pointId(time: number, sequence: number, digest: Digest): string {
  return format(
    time,
    8,
    sequence % SEQUENCES,
    mix(digest.high),
    mix(digest.low ^ digest.high) >>> 8,
  );
}

/** Where the sequence of an interval starts: a function of the process and the interval's end. */
export function sequenceStart(digest: Digest): number {
  return (mix(digest.low) >>> 0) % SEQUENCES;
}

/**
 * A number from 0 to 999 999 that belongs to a report's id: the sequence that our own ids carry, a hash of any other id.
 * Milliseconds times a million plus this number is a time in nanoseconds that a repeat of the report has again.
 */
export function sequenceOf(id: string): number {
  if (!LAYOUT.test(id)) return hashed(id);
  const upper = Number.parseInt(id.slice(15, 18), 16);
  const lower = (Number.parseInt(id.slice(19, 22), 16) >> 2) & 0xff;
  return ((upper << 8) | lower) % SEQUENCES;
}

/** FNV-1a, so that every process and worker comes to the same number. */
function hashed(id: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < id.length; i++) hash = Math.imul(hash ^ id.charCodeAt(i), 0x01000193);
  return (mix(hash) >>> 0) % SEQUENCES;
}

/** The hexadecimal digits of each byte. */
const DIGITS = Uint8Array.from(
  Buffer.from(
    Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0')).join(''),
  ),
);
const text = Buffer.alloc(36, '-');

/**
 * Written into one buffer: a text joined from pieces takes ten times the time and memory.
 * @param high 32 bits and @param low 24 bits, of which the last 54 of the id are made.
 */
function format(time: number, version: number, count: number, high: number, low: number): string {
  const upper = Math.floor(time / 0x1_0000);
  const clock = (version << 12) | (count >>> 8);
  // Variant 10, the other eight bits of the sequence, the first six of 54 bits.
  const variant = 0x8000 | ((count & 0xff) << 6) | (low & 0x3f);
  two(0, upper >>> 16);
  two(4, upper);
  two(9, time);
  two(14, clock);
  two(19, variant);
  two(24, high >>> 16);
  two(28, high);
  two(32, low >>> 8);
  return text.toString('latin1');
}

/** Two bytes, at a place. */
function two(at: number, bytes: number): void {
  const first = (bytes >>> 7) & 0x1fe;
  const second = (bytes & 0xff) << 1;
  text[at] = DIGITS[first]!;
  text[at + 1] = DIGITS[first + 1]!;
  text[at + 2] = DIGITS[second]!;
  text[at + 3] = DIGITS[second + 1]!;
}
