import type { Report } from './report.js';
import { fitText, isPlain, LIMITS, type TextPolicy } from './value-policy.js';

/** The option of this name: bytes from 1 to those that a whole report may have. */
export const textLimitRule = (value: unknown): string | undefined =>
  Number.isInteger(value) && (value as number) > 0 && (value as number) <= LIMITS.bytes
    ? undefined
    : `must be a whole number of bytes from 1 to ${LIMITS.bytes.toLocaleString('en')}`;

/** The remedy for a text that was cut. */
export const CUT_REMEDY = 'Raise textLimit, or record less text';

/**
 * Cuts the texts of values and fields that are too long, counts them, and has the first one told.
 */
export class TextLimit implements TextPolicy {
  readonly bytes: number;
  readonly #tell: (message: string) => void;
  #cuts = 0;
  /** The shortened reports, by those that were given: a worker gives the same again. */
  readonly #shortened = new WeakMap<Report, Report>();

  /** @param tell takes the sentence about the first text that was cut. */
  constructor(bytes: number = LIMITS.textBytes, tell: (message: string) => void) {
    this.bytes = bytes;
    this.#tell = tell;
  }

  /** The number of texts that were cut. */
  get cuts(): number {
    return this.#cuts;
  }

  /** A text is being cut. */
  cut(text: string): void {
    if (this.#cuts++ > 0) return;
    const most = this.bytes.toLocaleString('en');
    const had = Buffer.byteLength(text).toLocaleString('en');
    this.#tell(
      `a text of ${had} bytes was cut to the ${most} of textLimit. ${CUT_REMEDY}. ledger().cut counts all of them. Shown once`,
    );
  }

  /** A report within the limit: itself where nothing is too long. Counts a text of it once. */
  fitReport(report: Report): Report {
    const { value, fields } = report;
    if (!this.#isLong(value) && !this.#isLong(fields)) return report;
    const known = this.#shortened.get(report);
    if (known !== undefined) return known;
    const shortened = { ...report };
    if (value !== undefined) shortened.value = this.#cutTexts(value) as NonNullable<typeof value>;
    if (fields !== undefined) shortened.fields = this.#cutTexts(fields) as typeof fields;
    this.#shortened.set(report, shortened);
    return shortened;
  }

  #isLong(value: unknown): boolean {
    if (typeof value === 'string')
      return value.length * 3 > this.bytes && Buffer.byteLength(value) > this.bytes;
    if (Array.isArray(value)) return value.some((item) => this.#isLong(item));
    if (!isPlain(value)) return false;
    for (const key in value) if (this.#isLong(value[key])) return true;
    return false;
  }

  #cutTexts(value: unknown): unknown {
    if (typeof value === 'string') return fitText(value, this);
    if (Array.isArray(value)) return value.map((item) => this.#cutTexts(item));
    if (!isPlain(value)) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, this.#cutTexts(item)]),
    );
  }
}
