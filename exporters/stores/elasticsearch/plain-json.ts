import {
  headMembers,
  numberMembers,
  tagMember,
  tailMembers,
  valueMember,
} from '../../reports/plain-json.js';
import type { Report } from '../../reports/report.js';
import { toHistogramField } from './distribution-field.js';

const tailOf = tailMembers('@timestamp');
/** A name that is stored as it is. */
const PLAIN_NAME = /^[!#-[\]-~][ !#-[\]-~]*$/;

/**
 * The JSON of a report's document, the same as `JSON.stringify(toDocument(report))`, in half its
 * time.
 * @returns nothing for a report that is not plain: a custom's own fields, an object as its value,
 * names of tags that are stored otherwise.
 */
export function plainJson(report: Report): string | undefined {
  const { value, fields, tags, distribution } = report;
  const numbers = fields === undefined ? '' : numberMembers(fields);
  const own = value === undefined ? '' : valueMember(value);
  const labels = tags === undefined ? '' : tagsOf(tags);
  if (own === undefined || numbers === undefined || labels === undefined) return undefined;
  const buckets = distribution === undefined ? '' : bucketsOf(report);
  return `{${headMembers(report)}${own}${numbers}${buckets}${labels}${tailOf(report)}}`;
}

function bucketsOf({ distribution, fields }: Report): string {
  const field = toHistogramField(distribution!, fields);
  if (field === undefined) return '';
  const json = `,"distribution":${JSON.stringify(field)}`;
  return 'scale' in distribution!
    ? `${json},"distribution_scale":${distribution.scale}`
    : `${json},"distribution_bounds":${JSON.stringify(distribution!.bounds)}`;
}

function tagsOf(tags: NonNullable<Report['tags']>): string | undefined {
  if (Array.isArray(tags)) return tags.length === 0 ? '' : `,"tags":${JSON.stringify(tags)}`;
  const given = tags as Readonly<Record<string, unknown>>;
  let labels = '';
  let numbers = '';
  for (const key of Object.keys(given)) {
    const member = tagMember(key, given[key]);
    if (member === undefined || !PLAIN_NAME.test(key)) return undefined;
    labels += `,${member}`;
    if (typeof given[key] === 'number') numbers += `,${member}`;
  }
  if (labels === '') return '';
  const json = `,"labels":{${labels.slice(1)}}`;
  return numbers === '' ? json : `${json},"numeric_labels":{${numbers.slice(1)}}`;
}
