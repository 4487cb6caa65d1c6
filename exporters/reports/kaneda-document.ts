import { addOwnField } from './field-names.js';
import type { Report } from './report.js';

/**
 * Kaneda's document, as stores of documents have it: the id, `host`, `name`, `value` or the
 * report's own fields, `tags` where there are any, `timestamp`, `metric`; `instance`, `app_name`
 * and `distribution` where there are any.
 * @param id an object of the store's field for its key, and the key; it becomes the document
 * @param encode a value, a record of fields or tags, or a Date, as the store's client takes it
 */
export function kanedaDocument<Id extends object>(
  report: Report,
  id: Id,
  encode: (value: unknown) => unknown,
): Id & Record<string, unknown> {
  const { value, fields, tags, instance, appName, distribution } = report;
  // Not a spread: properties that are added to what it makes take V8 a microsecond each.
  const document = id as Record<string, unknown>;
  document.host = report.host;
  document.name = report.name;
  if (value !== undefined) document.value = encode(value);
  if (fields !== undefined) Object.assign(document, encode(fields));
  if (hasTags(tags)) document.tags = encode(tags);
  document.timestamp = encode(report.timestamp);
  document.metric = report.metric;
  addOwnField(document, 'instance', instance);
  addOwnField(document, 'app_name', appName);
  addOwnField(document, 'distribution', distribution);
  return document as Id & Record<string, unknown>;
}

function hasTags(tags: Report['tags']): boolean {
  if (Array.isArray(tags)) return tags.length > 0;
  for (const _ in tags) return true;
  return false;
}
