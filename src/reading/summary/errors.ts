import type { Report } from '../../../exporters/reports/report.js';

/** Tags that hold an HTTP status: our own examples' and OpenTelemetry's. */
const STATUS_TAGS = ['status', 'status_code', 'http.response.status_code', 'http.status_code'];
/** Tags that are there, and not false, where something failed. */
const ERROR_TAGS = ['error', 'error.type'];
const FIRST_SERVER_ERROR = 500;

/** The tags that say whether something failed. */
export const FAILURE_TAGS = [...ERROR_TAGS, ...STATUS_TAGS] as const;

/**
 * Tells by its tags whether a report is of something that failed: a status of 500 or more, or an
 * `error`. `undefined`: no tag says.
 */
export function isError(tags: Report['tags']): boolean | undefined {
  if (tags === undefined || Array.isArray(tags)) return undefined;
  const named = tags as Readonly<Record<string, unknown>>;
  for (const tag of ERROR_TAGS) {
    const value = named[tag];
    if (value !== undefined) return value !== false && value !== 'false' && value !== '';
  }
  for (const tag of STATUS_TAGS) {
    const value = named[tag];
    // true and [] are numbers to JavaScript.
    if (typeof value !== 'number' && typeof value !== 'string') continue;
    const status = Number(value);
    if (!Number.isNaN(status)) return status >= FIRST_SERVER_ERROR;
  }
  return undefined;
}
