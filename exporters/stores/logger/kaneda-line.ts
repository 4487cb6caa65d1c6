import { prefixedName } from '../../reports/field-names.js';
import { isGeneratedId } from '../../reports/ids.js';
import { pythonRepr } from '../../reports/python-repr.js';
import type { Report } from '../../reports/report.js';

const OWN = new Set(['host', 'name', 'tags', 'metric', '_id']);
const WITHOUT_ID = new Set(['gauge', 'counter', 'timing', 'histogram', 'event']);

/**
 * A report as Kaneda's logger backend gives it to Python's logger: `host`, `name`, `value` or the
 * unpacked fields, `tags` where there are any, `metric`, and a custom's `_id`.
 */
export function toKanedaPayload(report: Report): Record<string, unknown> {
  const { id, host, name, metric, value, fields = {}, tags } = report;
  const payload: Record<string, unknown> = { host, name };
  if (value !== undefined) payload.value = value;
  for (const [key, field] of Object.entries(fields))
    payload[OWN.has(key) ? prefixedName(key, fields) : key] = field;
  if (tags !== undefined && Object.keys(tags).length > 0) payload.tags = tags;
  payload.metric = metric;
  if (!WITHOUT_ID.has(metric) || !isGeneratedId(id)) payload._id = id;
  return payload;
}

/**
 * A report as the line that Python's Kaneda would have logged at its time:
 * `2026-03-01 12:30:00,250 - kaneda.backends.logger - {'host': 'web', 'name': 'orders', …}`, in
 * local time, newline included.
 */
export function toKanedaLine(report: Report): string {
  const payload = pythonRepr(toKanedaPayload(report));
  return `${localTime(report.timestamp)} - kaneda.backends.logger - ${payload}\n`;
}

function localTime(date: Date): string {
  const two = (part: number): string => String(part).padStart(2, '0');
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join('-');
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':');
  return `${day} ${time},${String(date.getMilliseconds()).padStart(3, '0')}`;
}
