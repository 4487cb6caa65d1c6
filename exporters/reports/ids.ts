import { randomFillSync } from 'node:crypto';
import { mix } from './digest.js';
import { type Block, numbers, SEQUENCES } from './numbers.js';

/*
 * All ids share one layout, so that they sort by time and carry a number that is unique within a
 * millisecond: 48 bits of milliseconds, version, 12 bits of the number, variant, the number's other
 * 8 bits, 54 bits more. Events have version 7
 * (https://www.rfc-editor.org/rfc/rfc9562#section-5.7) and 54 random bits. Data points have version
 * 8 (section 5.8) and 6 bits of their process, 10 bits for the milliseconds by which they were
 * moved, 38 bits of their process.
 */
const LAYOUT = /^[0-9a-f]{8}-[0-9a-f]{4}-[78][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i;
const VERSION_AT = 14;
const MOVE_AT = 24;

/**
 * A process would need so many million reports of one millisecond to move a report further than
 * this.
 */
const FURTHEST_MS = 1_000;

let lastTime = 0;
/** Version and number of the last id: within a millisecond they decide how ids sort. */
let lastRank = 0;
const pool = new Uint32Array(2_048);
let poolAt = pool.length;

/**
 * A new UUIDv7 for an event or any other single report, later than every id this process made
 * before, also when the clock steps back or thousands are made within a millisecond. Past a million
 * reports of one millisecond it is a UUIDv8.
 * @param time the report's timestamp, in milliseconds since 1970.
 * @param now the time that the id shows, where the report was not recorded by this process's clock.
 */
export function newId(time = Date.now(), now = time): string {
  const { slot, first } = numbers.take(Math.floor(time), 1);
  const moved = slot - Math.floor(time);
  const version = moved > 0 ? 8 : 7;
  const number = first % SEQUENCES;
  const wanted = Math.max(lastTime, Math.floor(now) + moved);
  const rank = version * SEQUENCES + number;
  // A smaller number would sort before its neighbours of the same millisecond.
  lastTime = wanted === lastTime && rank <= lastRank ? wanted + 1 : wanted;
  lastRank = rank;
  const { high, low } = randomBits();
  return format(lastTime, version, number, moved > 0 ? withMove(high, moved) : high, low);
}

let own: { readonly high: number; readonly low: number } | undefined;
/** The texts that consecutive ids of data points have in common. */
const shared = { slot: -1, upper: -1, head: '', moved: -1, tails: [] as string[] };
const HEAD_LENGTH = 18;

/**
 * The UUIDv8 of a data point.
 * @param block numbers that were taken for the interval's end.
 * @param at the point's place in the block, from 0.
 */
export function pointId({ time, slot, first }: Block, at: number): string {
  const number = (first + at) % SEQUENCES;
  return headOf(slot, number >>> 8) + tailsOf(slot - time)[number & 0xff]!;
}

/** The part of an id before the last eight bits of its number. */
function headOf(slot: number, upper: number): string {
  if (slot !== shared.slot || upper !== shared.upper) {
    shared.head = format(slot, 8, upper << 8, 0, 0).slice(0, HEAD_LENGTH);
    shared.slot = slot;
    shared.upper = upper;
  }
  return shared.head;
}

/** The rest of an id, by the last eight bits of its number. */
function tailsOf(moved: number): readonly string[] {
  if (moved !== shared.moved) {
    own ??= randomBits();
    const { high, low } = own;
    shared.tails = Array.from({ length: 256 }, (_, number) =>
      format(0, 8, number, withMove(high, moved), low).slice(HEAD_LENGTH),
    );
    shared.moved = moved;
  }
  return shared.tails;
}

const withMove = (high: number, moved: number): number =>
  (Math.min(moved, FURTHEST_MS) << 22) | (high & 0x3fffff);

/** False for an id that was given by a caller, unless it is a UUIDv7 or UUIDv8. */
export function isGeneratedId(id: string): boolean {
  return LAYOUT.test(id);
}

/**
 * A number from 0 to 999,999 that belongs to a report's id: the one that our own ids carry, a hash
 * of any other id.
 */
export function sequenceOf(id: string): number {
  if (!LAYOUT.test(id)) return hashOf(id);
  const upper = digits(id, 15);
  const lower = (digits(id, 19) >> 2) & 0xff;
  return ((upper << 8) | lower) % SEQUENCES;
}

/** The number of three hexadecimal digits, without a text of them. */
const digits = (id: string, at: number): number =>
  (digit(id, at) << 8) | (digit(id, at + 1) << 4) | digit(id, at + 2);

function digit(id: string, at: number): number {
  const code = id.charCodeAt(at);
  return code < 0x3a ? code - 0x30 : (code | 0x20) - 0x57;
}

/**
 * The millisecond since 1970 below which {@link sequenceOf} is a report's own: its timestamp's, or
 * a later one where more than a million reports share that timestamp. A function of the report
 * alone, so that every process and worker comes to the same.
 */
export function millisecondOf({ id, timestamp }: { id: string; timestamp: Date }): number {
  const time = timestamp.getTime();
  // Nearly all: the bits of the move are 0.
  if (id.charAt(VERSION_AT) !== '8' || (id.startsWith('00', MOVE_AT) && id.charAt(26) < '4'))
    return time;
  if (!LAYOUT.test(id)) return time;
  const moved = Number.parseInt(id.slice(24, 28), 16) >> 6;
  const shown = Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
  // A UUIDv8 that is not ours may have anything in these bits.
  return moved <= FURTHEST_MS && time + moved <= shown ? time + moved : time;
}

/** FNV-1a, so that every process and worker comes to the same number. */
function hashOf(id: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < id.length; i++) hash = Math.imul(hash ^ id.charCodeAt(i), 0x01000193);
  return (mix(hash) >>> 0) % SEQUENCES;
}

/** 32 bits and 24 bits, of which 54 are used. */
function randomBits(): { high: number; low: number } {
  if (poolAt === pool.length) {
    randomFillSync(pool);
    poolAt = 0;
  }
  return { high: pool[poolAt++]!, low: pool[poolAt++]! >>> 8 };
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
  // Variant 10, the other eight bits of the number, the first six of 54 bits.
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
