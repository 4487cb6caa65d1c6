const UNITS_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** The description of a duration's form, for messages. */
export const DURATION_FORM = "like '30s', '1m', '2h', '1d' or '500ms'";

/**
 * Milliseconds of a duration like `30s`, `1m`, `1.5h`; a number is milliseconds already.
 * `undefined` for anything else, and for what is not above 0.
 */
export function durationMs(value: unknown): number | undefined {
  const ms = typeof value === 'string' ? parseDuration(value) : value;
  return typeof ms === 'number' && Number.isFinite(ms) && ms > 0 ? ms : undefined;
}

function parseDuration(text: string): number | undefined {
  const [, number, unit] = /^(\d+(?:\.\d+)?) ?(ms|s|m|h|d)$/.exec(text.trim()) ?? [];
  return number === undefined ? undefined : Number(number) * UNITS_MS[unit!]!;
}
