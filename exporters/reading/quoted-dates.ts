const [QUOTE, COLON, MINUS, POINT] = [0x22, 0x3a, 0x2d, 0x2e];
const [ZERO, UPPER_T, UPPER_Z] = [0x30, 0x54, 0x5a];

/** The length of `"2026-11-28T12:00:00.000Z"`, as `JSON.stringify` writes every date. */
export const QUOTED_DATE_BYTES = 26;

/** Reads such dates, several times as fast as `Date.parse`: most are of the day before them. */
export class QuotedDates {
  #day = Number.NaN;
  #dayMs = Number.NaN;

  /** The date at a place; `undefined` for anything of another form. */
  read(bytes: Buffer, at: number): Date | undefined {
    if (
      bytes[at] !== QUOTE ||
      bytes[at + 5] !== MINUS ||
      bytes[at + 8] !== MINUS ||
      bytes[at + 11] !== UPPER_T ||
      bytes[at + 14] !== COLON ||
      bytes[at + 17] !== COLON ||
      bytes[at + 20] !== POINT ||
      bytes[at + 24] !== UPPER_Z ||
      bytes[at + 25] !== QUOTE
    )
      return undefined;
    const [hour, minute, second] = [two(bytes, at + 12), two(bytes, at + 15), two(bytes, at + 18)];
    if (!(hour < 24 && minute < 60 && second < 60)) return undefined;
    const ms = two(bytes, at + 21) * 10 + digit(bytes[at + 23]);
    const date = new Date(
      this.#dayAt(bytes, at) + (hour * 60 + minute) * 60_000 + second * 1_000 + ms,
    );
    return Number.isNaN(date.getTime()) ? undefined : date;
  }

  /** `NaN` for what is not a day. */
  #dayAt(bytes: Buffer, at: number): number {
    const year = two(bytes, at + 1) * 100 + two(bytes, at + 3);
    const day = year * 1e4 + two(bytes, at + 6) * 100 + two(bytes, at + 9);
    if (day !== this.#day) {
      this.#dayMs = Date.parse(bytes.toString('latin1', at + 1, at + 11));
      this.#day = day;
    }
    return this.#dayMs;
  }
}

/** The number of two digits; `NaN` for others. */
const two = (bytes: Buffer, at: number): number => digit(bytes[at]) * 10 + digit(bytes[at + 1]);

function digit(byte: number | undefined): number {
  const value = byte! - ZERO;
  return value >= 0 && value <= 9 ? value : Number.NaN;
}
