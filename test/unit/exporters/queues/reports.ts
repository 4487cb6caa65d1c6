import type { Report } from '../../../../exporters/reports/report.js';

/** A report like any other, with what a test is about changed. */
export function report(changes: Partial<Report> = {}): Report {
  return {
    id: '01890a5d-ac96-774b-bcce-b302099a8057',
    name: 'hits',
    metric: 'gauge',
    value: 1.5,
    tags: ['a', 'b'],
    timestamp: new Date('2026-11-22T04:33:34.755Z'),
    host: 'web-1',
    ...changes,
  };
}
