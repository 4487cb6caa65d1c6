/** Returns a value as a number; `undefined` for anything that is not a finite one. */
export function numberOf(value: unknown): number | undefined {
  const number = typeof value === 'bigint' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}

/**
 * Returns the value of a counter or gauge as a number: a store that has no such numbers gives a
 * large whole one back as its digits.
 */
export const amountOf = (value: unknown): number | undefined =>
  numberOf(typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value);
