import { type Known, remember } from './known-pieces.js';
import { QUOTED_DATE_BYTES, QuotedDates } from './quoted-dates.js';

const [QUOTE, BACKSLASH, COMMA, MINUS, POINT] = [0x22, 0x5c, 0x2c, 0x2d, 0x2e];
const [OPEN_BRACE, CLOSE_BRACE, OPEN_BRACKET, CLOSE_BRACKET] = [0x7b, 0x7d, 0x5b, 0x5d];
const [ZERO, NINE] = [0x30, 0x39];
/** An integer of up to this many digits is exact. */
const EXACT_DIGITS = 15;

const MARKS = new Uint8Array(256);
for (const mark of [QUOTE, COMMA, OPEN_BRACE, CLOSE_BRACE, OPEN_BRACKET, CLOSE_BRACKET])
  MARKS[mark] = 1;

/** The bytes that a number ends before. */
const ENDS = new Uint8Array(256);
for (const end of [COMMA, CLOSE_BRACE, CLOSE_BRACKET]) ENDS[end] = 1;

/** Thrown where the text is not of the form that is expected: JSON's own parser takes it. */
export const OTHERWISE = Symbol('otherwise');

/**
 * A place in JSON of a known form, without white space. It moves over values and keeps them only
 * where they are wanted.
 */
export class JsonCursor {
  #bytes: Buffer = Buffer.alloc(0);
  #end = 0;
  at = 0;
  readonly #texts = new Map<number, Known<string>>();
  readonly #objects = new Map<number, Known<unknown>>();
  #lastText: Known<string> = { bytes: Buffer.alloc(0), value: '' };
  #lastObject: Known<unknown> = { bytes: Buffer.alloc(0), value: undefined };
  readonly #dates = new QuotedDates();

  move(bytes: Buffer, start: number, end: number): void {
    this.#bytes = bytes;
    this.at = start;
    this.#end = end;
  }

  get isAtEnd(): boolean {
    return this.at === this.#end;
  }

  get byte(): number {
    return this.#bytes[this.at]!;
  }

  expect(byte: number): void {
    if (this.#bytes[this.at++] !== byte) throw OTHERWISE;
  }

  literal(text: string): void {
    for (let i = 0; i < text.length; i++) this.expect(text.charCodeAt(i));
  }

  /** True after a comma, false after the closing byte. */
  more(close: number): boolean {
    const byte = this.#bytes[this.at++];
    if (byte !== COMMA && byte !== close) throw OTHERWISE;
    return byte === COMMA;
  }

  /** A text without escapes. Equal ones are one and the same. */
  text(): string {
    this.expect(QUOTE);
    const next = this.#sameAsBefore(this.#lastText) ?? this.#foundText();
    this.#lastText.next = next;
    this.#lastText = next;
    return next.value;
  }

  #foundText(): Known<string> {
    const from = this.at;
    const hash = this.#toQuote();
    this.at += 1;
    const known = this.#texts.get(hash);
    if (known !== undefined && this.#is(known.bytes, from, this.at)) return known;
    const bytes = Buffer.from(this.#bytes.subarray(from, this.at));
    return remember(this.#texts, hash, {
      bytes,
      value: intern(bytes.toString('utf8', 0, bytes.length - 1)),
    });
  }

  /** An object or a list. Equal ones are one and the same. */
  object(): unknown {
    const next = this.#sameAsBefore(this.#lastObject) ?? this.#foundObject();
    this.#lastObject.next = next;
    this.#lastObject = next;
    return next.value;
  }

  /** Moves over the piece that followed `last` the time before, if it is here again. */
  #sameAsBefore<T>({ next }: Known<T>): Known<T> | undefined {
    if (next === undefined || !this.#begins(next.bytes, this.at)) return undefined;
    this.at += next.bytes.length;
    return next;
  }

  #foundObject(): Known<unknown> {
    const from = this.at;
    if (this.byte !== OPEN_BRACE && this.byte !== OPEN_BRACKET) throw OTHERWISE;
    this.skip();
    let hash = 0;
    for (let i = from; i < this.at; i++) hash = (Math.imul(hash, 31) + this.#bytes[i]!) | 0;
    const known = this.#objects.get(hash);
    if (known !== undefined && this.#is(known.bytes, from, this.at)) return known;
    const bytes = Buffer.from(this.#bytes.subarray(from, this.at));
    return remember(this.#objects, hash, { bytes, value: parseJson(bytes.toString()) });
  }

  number(): number {
    const [bytes, from] = [this.#bytes, this.at];
    const isNegative = bytes[from] === MINUS;
    let at = isNegative ? from + 1 : from;
    let digits = 0;
    let number = 0;
    let scale = 0;
    for (let byte = bytes[at]!; ; byte = bytes[++at]!) {
      if (byte >= ZERO && byte <= NINE) {
        number = number * 10 + byte - ZERO;
        if (scale > 0) scale *= 10;
        digits += 1;
      } else if (byte === POINT && scale === 0 && digits > 0) scale = 1;
      else break;
    }
    if (digits === 0) throw OTHERWISE;
    this.at = at;
    const byte = bytes[at];
    if (digits > EXACT_DIGITS || !ENDS[byte!]) return this.#long(from);
    const value = scale > 1 ? number / scale : number;
    return isNegative ? -value : value;
  }

  /** A number with more digits than can be added up one by one, or with an exponent. */
  #long(from: number): number {
    const bytes = this.#bytes;
    let at = this.at;
    while (at < this.#end && !ENDS[bytes[at]!]) at++;
    this.at = at;
    const value = Number(bytes.toString('latin1', from, at));
    if (Number.isNaN(value)) throw OTHERWISE;
    return value;
  }

  /** A whole number. */
  integer(): number {
    const bytes = this.#bytes;
    const isNegative = bytes[this.at] === MINUS;
    const from = isNegative ? this.at + 1 : this.at;
    let at = from;
    let number = 0;
    for (let digit = bytes[at]! - ZERO; digit >= 0 && digit <= 9; digit = bytes[++at]! - ZERO)
      number = number * 10 + digit;
    if (at === from || at - from > EXACT_DIGITS) throw OTHERWISE;
    this.at = at;
    return isNegative ? -number : number;
  }

  /** Numbers in a list, none of them negative or less than the one before. */
  ascending(): number[] {
    this.expect(OPEN_BRACKET);
    const numbers: number[] = [];
    let last = 0;
    do {
      const number = this.number();
      if (!(number >= last)) throw OTHERWISE;
      numbers.push(number);
      last = number;
    } while (this.more(CLOSE_BRACKET));
    return numbers;
  }

  /** Whole numbers in a list: counts, none of them negative. */
  counts(): number[] {
    this.expect(OPEN_BRACKET);
    const bytes = this.#bytes;
    const numbers: number[] = [];
    let at = this.at;
    let number = 0;
    for (let byte = bytes[at]!; ; byte = bytes[++at]!) {
      if (byte >= ZERO && byte <= NINE) number = number * 10 + byte - ZERO;
      else if (byte === COMMA) {
        numbers.push(number);
        number = 0;
      } else break;
    }
    if (bytes[at] !== CLOSE_BRACKET || !Number.isSafeInteger(number)) throw OTHERWISE;
    if (at > this.at) numbers.push(number);
    this.at = at + 1;
    return numbers;
  }

  /** `"2026-11-28T12:00:00.000Z"` */
  date(): Date {
    const date = this.#dates.read(this.#bytes, this.at);
    if (date === undefined) throw OTHERWISE;
    this.at += QUOTED_DATE_BYTES;
    return date;
  }

  /** Moves over a value of any kind. */
  skip(): void {
    const byte = this.byte;
    if (byte === OPEN_BRACE || byte === OPEN_BRACKET) this.#overNested();
    else if (byte === QUOTE) {
      this.#overText();
      this.at += 1;
    } else this.#toMark();
    // A line that was torn goes on otherwise.
    if (this.at < this.#end && !ENDS[this.byte]) throw OTHERWISE;
  }

  #overNested(): void {
    let depth = 0;
    for (; this.at < this.#end; this.at++) {
      this.#toMark();
      const byte = this.#bytes[this.at]!;
      if (byte === QUOTE) this.#overText();
      else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth += 1;
      else if (byte !== COMMA && --depth === 0) {
        this.at += 1;
        return;
      }
    }
    throw OTHERWISE;
  }

  /** Moves to the quote that ends a text, over escaped ones. */
  #overText(): void {
    const [bytes, end] = [this.#bytes, this.#end];
    let at = this.at + 1;
    while (at < end && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
    this.at = at;
  }

  /** Moves to the next byte that begins, ends or divides values. */
  #toMark(): void {
    const [bytes, end] = [this.#bytes, this.#end];
    let at = this.at;
    while (at < end && MARKS[bytes[at]!] === 0) at++;
    this.at = at;
  }

  /** Moves to the quote that ends a text. @returns a hash of what lies before it. */
  #toQuote(): number {
    const [bytes, end] = [this.#bytes, this.#end];
    let hash = 0;
    let at = this.at;
    for (let byte = bytes[at]; byte !== QUOTE; byte = bytes[++at]) {
      if (at >= end || byte === BACKSLASH) throw OTHERWISE;
      hash = (Math.imul(hash, 31) + byte!) | 0;
    }
    this.at = at;
    return hash;
  }

  #is(known: Buffer, from: number, to: number): boolean {
    return known.length === to - from && this.#begins(known, from);
  }

  #begins(known: Buffer, from: number): boolean {
    const bytes = this.#bytes;
    for (let i = 0; i < known.length; i++) if (known[i] !== bytes[from + i]) return false;
    return true;
  }
}

/** The same text as V8 keeps names of properties: those are compared by their address. */
const intern = (text: string): string => Object.keys({ [text]: true })[0]!;

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw OTHERWISE;
  }
}
