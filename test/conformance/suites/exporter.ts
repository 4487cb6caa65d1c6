export { describeExporter } from '../../../src/testing/suites/describe-exporter.js';
export { expectBalanced } from '../../../src/testing/suites/expectations.js';
export type { ExporterHarness, Found } from '../../../src/testing/suites/exporter-harness.js';
export { plainReports } from '../../../src/testing/suites/reports.js';
