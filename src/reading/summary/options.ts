import { SettingsError } from '../../../exporters/errors.js';
import { DURATION_FORM, durationMs } from '../../../exporters/reading/durations.js';
import { emptyRange, momentMs, momentRule } from '../../../exporters/reading/moments.js';
import { checkOptions, type OptionRules } from '../../../exporters/setup/option-rules.js';

/** Options of a summary of reports. */
export interface SummaryOptions {
  /** Tags to group by; `host`, `instance` and `app_name` too. */
  by?: readonly string[];
  /**
   * A row for each step of time: `'1m'`, `'30s'`, or milliseconds. Default: one for the whole
   * range. Shorter than the reports' own interval, it has gaps.
   */
  step?: string | number;
  /** Shares from 0 to 1, default `[0.5, 0.95, 0.99]`. */
  percentiles?: readonly number[];
  /** The beginning of the range that rates are over; default: with the first report. */
  since?: Date | string | number;
  /** The end of the range; default: with the last report. */
  until?: Date | string | number;
}

const RULES: OptionRules = {
  by: (value) =>
    Array.isArray(value) && value.every((tag) => typeof tag === 'string' && tag !== '')
      ? undefined
      : 'must be a list of tags',
  step: (value) =>
    durationMs(value) === undefined
      ? `must be a duration ${DURATION_FORM}, or milliseconds`
      : undefined,
  percentiles: (value) =>
    Array.isArray(value) && value.every((p) => typeof p === 'number' && p >= 0 && p <= 1)
      ? undefined
      : 'must be a list of numbers from 0 to 1',
  since: momentRule,
  until: momentRule,
};
/** The percentiles of a summary, unless its options say otherwise. */
export const PERCENTILES = [0.5, 0.95, 0.99] as const;

/**
 * The options with everything filled in, times in milliseconds.
 * @throws SettingsError with all faults.
 */
export function checkSummaryOptions(options: SummaryOptions) {
  const faults = [...checkOptions(options, RULES), ...emptyRange(options)];
  if (faults.length > 0) throw new SettingsError('summarize', faults);
  const { by = [], step, percentiles = PERCENTILES, since, until } = options;
  return {
    by,
    percentiles,
    step: durationMs(step),
    since: momentMs(since),
    until: momentMs(until),
  };
}
