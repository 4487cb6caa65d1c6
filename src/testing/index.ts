/**
 * Tools for tests: a store in memory, a `Metrics` that shows its calls, and the suites that stores
 * and queues of your own must pass.
 * @module
 */
export { FakeMetrics, type FakeMetricsOptions, fakeMetrics } from './fake-metrics.js';
export { InMemoryExporter } from './in-memory-exporter.js';
export type { Recorded } from './recorded.js';
export type { ReportTest, WaitOptions } from './report-waiters.js';
export { describeExporter } from './suites/describe-exporter.js';
export { describeQueue } from './suites/describe-queue.js';
export type { BadReport, ExporterCase, ExporterHarness, Found } from './suites/exporter-harness.js';
export type { BrokerControl, QueueHarness, QueueOnConnection } from './suites/queue-harness.js';
export type { TestRunner } from './suites/runner.js';
