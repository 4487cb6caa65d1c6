/** Returns a value as a number; `undefined` for anything that is not a finite one. */
export function numberOf(value: unknown): number | undefined {
  const number = typeof value === 'bigint' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}

const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/**
 * Returns the value of a counter or gauge as a number: a store that has no such numbers gives a
 * large whole one back as its digits, and Elasticsearch takes the text of one for a number.
 */
export const amountOf = (value: unknown): number | undefined =>
  numberOf(typeof value === 'string' && DECIMAL.test(value) ? Number(value) : value);
