import { quoted } from '../../../exporters/reports/quoted.js';
import type { Report } from '../../../exporters/reports/report.js';

type Group = Readonly<Record<string, string | number | boolean>>;

/** Fields of a report that it can be grouped by like a tag; a tag of the same name comes first. */
const FIELDS: ReadonlyMap<string, (report: Report) => string | undefined> = new Map([
  ['host', ({ host }: Report) => host],
  ['instance', ({ instance }: Report) => instance],
  ['app_name', ({ appName }: Report) => appName],
]);

/**
 * The values of the tags to group by; those that the report does not have are left out. A tag of a
 * list is `true`.
 */
export function groupOf(report: Report, by: readonly string[]): Group {
  // Whatever a tag is called, `__proto__` too, it is a property of the group's own.
  return Object.fromEntries(
    by.flatMap((tag) => {
      const value = valueBy(report, tag);
      return value === undefined ? [] : [[tag, value] as const];
    }),
  );
}

/** The value of a tag in a group; `undefined` if its reports do not have it. */
export const valueIn = (group: Group, tag: string): Group[string] | undefined =>
  Object.hasOwn(group, tag) ? group[tag] : undefined;

/** The values as one text, each as JSON: groups are in its order. Empty without tags. */
export function groupKey(report: Report, by: readonly string[]): string {
  let key = '';
  for (const tag of by) {
    const value = valueBy(report, tag) ?? null;
    key += `${key === '' ? '[' : ','}${typeof value === 'string' ? quoted(value) : JSON.stringify(value)}`;
  }
  return key;
}

const valueBy = (report: Report, tag: string) =>
  tagOf(report.tags, tag) ?? FIELDS.get(tag)?.(report);

function tagOf(tags: Report['tags'], tag: string): string | number | boolean | undefined {
  if (tags === undefined) return undefined;
  if (Array.isArray(tags)) return tags.includes(tag) ? true : undefined;
  return valueIn(tags as Group, tag);
}
