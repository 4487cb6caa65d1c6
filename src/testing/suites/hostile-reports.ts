import { newId } from '../../../exporters/reports/ids.js';
import type { Report } from '../../../exporters/reports/report.js';

/** Texts that have broken some encoder somewhere; all well formed, as texts of a report are. */
export const HOSTILE_TEXTS: readonly string[] = [
  '',
  ' ',
  '\u0000',
  'a\u0000b',
  'line\nbreak\r\n',
  'back\\slash\\',
  'quote"\'`',
  'comma, space=equals',
  '#comment',
  '$where',
  '$reql_type$',
  'dotted.key.',
  '.',
  '..',
  '__proto__',
  'constructor',
  '_id',
  'time',
  '<script>',
  "'; DROP TABLE reports; --",
  '\u2028\u2029',
  '\u200f\u202e',
  '\ufeff',
  '😀👩‍👩‍👧‍👦',
  'ÿĀ中',
  'x'.repeat(1_024),
];

const NUMBERS: readonly (number | bigint)[] = [
  0,
  -1,
  0.1,
  1e308,
  5e-324,
  Number.MAX_SAFE_INTEGER,
  2n ** 53n + 1n,
  2n ** 63n - 1n,
  -(2n ** 63n),
  2n ** 64n,
];

/**
 * Valid reports with such things in each place. Names are kept apart so that no two have fields of
 * different types.
 */
export function hostileReports(): Report[] {
  const reports: Report[] = [];
  const add = (metric: string, rest: Partial<Report>): void => {
    const timestamp = new Date(Date.now() - reports.length);
    reports.push({
      id: newId(),
      name: `conformance.hostile${reports.length}`,
      metric,
      timestamp,
      host: 'conformance',
      ...rest,
    });
  };
  for (const text of HOSTILE_TEXTS) {
    add('event', { value: text });
    add('event', { value: 1, tags: { plain: text } });
    add('event', { value: 1, tags: [text, 'plain'] });
    if (text === '' || text === '__proto__') continue;
    add('event', { value: 1, tags: { [text]: 'plain' } });
    add('event', { value: 1, name: text });
    add(text, { value: 1 });
    if (text !== '_id' && text !== 'time' && text !== '$reql_type$')
      add('custom', { fields: { [text]: 'plain' } });
  }
  for (const value of NUMBERS) add('gauge', { value });
  add('custom', { value: null });
  add('custom', { value: [] });
  add('custom', { value: [1, 'a', null, { b: true }] });
  add('custom', { fields: {} });
  add('custom', {
    fields: {
      deep: { er: { and: [{ deeper: null }] } },
      when: new Date(0),
      far: new Date(8.64e15),
      huge: 2n ** 60n,
    },
  });
  add('custom', { value: true });
  add('gauge', { value: 1, timestamp: new Date(1) });
  add('event', { value: 'y'.repeat(65_536) });
  add('gauge', {
    value: 1,
    tags: Object.fromEntries(Array.from({ length: 64 }, (_, i) => [`key${i}`, 'v'.repeat(100)])),
  });
  return reports;
}
