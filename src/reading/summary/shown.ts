/** Digits that a double keeps of a decimal number. */
const DIGITS = 15;
/** Fewer digits than these are not saved by chance. */
const SAVED_DIGITS = 3;

/**
 * Returns a sum as it is shown: 501.99999999999994 is 502, and 0.30000000000000004 is 0.3. Numbers
 * that need all their digits keep them.
 */
export function roundSum(value: number): number {
  if (Number.isInteger(value)) return value;
  const short = Number(value.toPrecision(DIGITS));
  return String(value).length - String(short).length >= SAVED_DIGITS ? short : value;
}
