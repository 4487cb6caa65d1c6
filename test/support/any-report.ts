import fc from 'fast-check';
import type { Report } from '../../exporters/reports/report.js';

export const text = fc.string({ unit: 'grapheme', maxLength: 8 });
export const finite = fc.double({ noNaN: true, noDefaultInfinity: true });

const tags = fc.oneof(
  fc.dictionary(text, fc.oneof(text, finite, fc.boolean()), { maxKeys: 3 }),
  fc.array(text, { maxLength: 3 }),
);
const date = fc.date({
  min: new Date('1999-12-31T00:00:00Z'),
  max: new Date('2030-01-01T00:00:00Z'),
  noInvalidDate: true,
});

/** Reports with every member that a store may have, or some of them. */
export function anyReport(
  own: Readonly<Record<'value' | 'fields' | 'distribution', fc.Arbitrary<unknown>>>,
): fc.Arbitrary<Report> {
  return fc.record(
    {
      id: fc.uuid(),
      name: text,
      metric: fc.constantFrom('counter', 'gauge', 'timing', 'event', 'order'),
      ...own,
      tags,
      unit: text,
      timestamp: date,
      startTimestamp: date,
      host: text,
      instance: text,
      appName: text,
    },
    { requiredKeys: ['id', 'name', 'metric', 'timestamp', 'host'] },
  ) as fc.Arbitrary<Report>;
}
