import { addOwnFields } from './field-names.js';
import type { Report } from './report.js';

/**
 * Kaneda's document, as stores of documents have it: the id, `host`, `name`, `value` or the
 * report's own fields, `tags` where there are any, `timestamp`, `metric`; `instance`, `app_name`
 * and `distribution` where there are any.
 * @param id the store's field for its key, and the key
 * @param encode a value, a record of fields or tags, or a Date, as the store's client takes it
 */
export function kanedaDocument<Id extends object>(
  report: Report,
  id: Id,
  encode: (value: unknown) => unknown,
): Id & Record<string, unknown> {
  const { value, fields, tags, instance, appName, distribution } = report;
  const document: Record<string, unknown> = { ...id, host: report.host, name: report.name };
  if (value !== undefined) document.value = encode(value);
  if (fields !== undefined) Object.assign(document, encode(fields));
  if (Array.isArray(tags) ? tags.length > 0 : tags !== undefined && Object.keys(tags).length > 0)
    document.tags = encode(tags);
  document.timestamp = encode(report.timestamp);
  document.metric = report.metric;
  addOwnFields(document, { instance, app_name: appName, distribution });
  return document as Id & Record<string, unknown>;
}
