import { quoted } from '../../../exporters/reports/quoted.js';
import type { Report } from '../../../exporters/reports/report.js';

type Group = Record<string, string | number | boolean>;

/** Fields of a report that it can be grouped by like a tag; a tag of the same name comes first. */
const FIELDS: Readonly<Record<string, (report: Report) => string | undefined>> = {
  host: ({ host }) => host,
  instance: ({ instance }) => instance,
  app_name: ({ appName }) => appName,
};

/**
 * The values of the tags to group by; those that the report does not have are left out. A tag of a
 * list is `true`.
 */
export function groupOf(report: Report, by: readonly string[]): Group {
  const group: Group = {};
  for (const tag of by) {
    const value = valueBy(report, tag);
    if (value !== undefined) group[tag] = value;
  }
  return group;
}

/** The values as one text, each as JSON: groups are in its order. Empty without tags. */
export function groupKey(report: Report, by: readonly string[]): string {
  let key = '';
  for (const tag of by) {
    const value = valueBy(report, tag) ?? null;
    key += `${key === '' ? '[' : ','}${typeof value === 'string' ? quoted(value) : JSON.stringify(value)}`;
  }
  return key;
}

const valueBy = (report: Report, tag: string) => tagOf(report.tags, tag) ?? FIELDS[tag]?.(report);

function tagOf(tags: Report['tags'], tag: string): string | number | boolean | undefined {
  if (tags === undefined) return undefined;
  if (Array.isArray(tags)) return tags.includes(tag) ? true : undefined;
  const named = tags as Readonly<Record<string, string | number | boolean>>;
  return Object.hasOwn(named, tag) ? named[tag] : undefined;
}
