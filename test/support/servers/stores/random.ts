import fc from 'fast-check';
import { newId } from '../../../../exporters/reports/ids.js';
import type { Report } from '../../../../exporters/reports/report.js';
import { fitFields, fitTags } from '../../../../exporters/reports/value-policy.js';
import { HOSTILE_TEXTS } from '../../../../src/testing/suites/hostile-reports.js';

/** Texts of every kind, those that have broken an encoder among them. */
export const hostileText = fc.oneof(
  fc.constantFrom(...HOSTILE_TEXTS),
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.string({
    unit: fc.constantFrom('\\', ',', ' ', '=', '"', "'", '\n', '\t', '#', '.', '$', 'a', '{', '\0'),
    maxLength: 8,
  }),
);

const someText = hostileText.filter((text) => text !== '');
const scalar = fc.oneof(
  hostileText,
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.maxSafeInteger(),
  fc.boolean(),
);
const nested = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    scalar,
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 3 }),
    tie('object'),
  ),
  object: fc.dictionary(someText, tie('value'), { maxKeys: 3, noNullPrototype: true }),
}));

const tags = fc.oneof(
  fc.array(someText, { maxLength: 4 }),
  fc.dictionary(someText, fc.oneof(someText, fc.integer(), fc.boolean()), {
    maxKeys: 4,
    noNullPrototype: true,
  }),
);

/** Valid reports with anything in them that a report may have; `flat` without nested values. */
export function randomReport({ flat = false } = {}): fc.Arbitrary<Report> {
  const fields = fc.dictionary(someText, flat ? scalar : nested.value, {
    maxKeys: 4,
    noNullPrototype: true,
  });
  return fc
    .record({ name: hostileText, fields, tags, milliseconds: fc.integer({ min: 1, max: 4e12 }) })
    .map(({ name, fields: given, tags: labels, milliseconds }) => ({
      id: newId(),
      name: name.toWellFormed(),
      metric: 'random',
      fields: fitFields(given),
      tags: fitTags(labels),
      timestamp: new Date(milliseconds),
      host: 'random',
    }));
}
