import {
  headMembers,
  numberMembers,
  tagMember,
  tailMembers,
  valueMember,
} from '../../reports/plain-json.js';
import { quoted } from '../../reports/quoted.js';
import type { Report } from '../../reports/report.js';

const tailOf = tailMembers('timestamp');

/**
 * The line of a report, the same as that of its document, in half its time.
 * @returns nothing for a report that is not plain: a custom's own fields, an object as its value.
 */
export function plainLine(report: Report): string | undefined {
  const { id, value, fields, tags, distribution } = report;
  const own = value === undefined ? '' : valueMember(value);
  const numbers = fields === undefined ? '' : numberMembers(fields);
  const labels = tags === undefined ? '' : tagsOf(tags);
  if (own === undefined || numbers === undefined || labels === undefined) return undefined;
  const buckets =
    distribution === undefined ? '' : `,"distribution":${JSON.stringify(distribution)}`;
  return `{"id":${quoted(id)},${headMembers(report)}${own}${numbers}${buckets}${labels}${tailOf(report)}}\n`;
}

function tagsOf(tags: NonNullable<Report['tags']>): string | undefined {
  if (Array.isArray(tags)) return `,"tags":${JSON.stringify(tags)}`;
  const given = tags as Readonly<Record<string, unknown>>;
  let json = ',"tags":{';
  let comma = '';
  for (const key of Object.keys(given)) {
    const member = tagMember(key, given[key]);
    if (member === undefined) return undefined;
    json += comma + member;
    comma = ',';
  }
  return `${json}}`;
}
