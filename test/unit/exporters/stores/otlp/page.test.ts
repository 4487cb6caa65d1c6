import { readFileSync } from 'node:fs';
import { JsonLogsSerializer, JsonMetricsSerializer } from '@opentelemetry/otlp-transformer';
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import type { ResourceMetrics } from '@opentelemetry/sdk-metrics';
import { expect } from 'chai';
import { requestsOf } from '../../../../../exporters/stores/otlp/requests.js';
import type { OtlpReport } from '../../../../../exporters/stores/otlp/source.js';

const page = readFileSync(new URL('../../../../../docs/stores/otlp.md', import.meta.url), 'utf8');
const shown = (kind: string): unknown =>
  JSON.parse(new RegExp(`^\`\`\`json ${kind}\\n(.*?)^\`\`\``, 'ms').exec(page)![1]!);

/** What OpenTelemetry's encoder makes of a report's metric or log record. */
function encoded(report: Partial<OtlpReport>) {
  const base = {
    id: '019a0000-0000-7000-8000-000000000000',
    name: '',
    metric: '',
    timestamp: new Date('2026-11-23T10:00:10Z'),
    host: 'web-1',
  };
  const [request] = requestsOf([
    { ...base, startTimestamp: new Date('2026-11-23T10:00:00Z'), ...report },
  ]);
  const bytes =
    request!.signal === 'logs'
      ? JsonLogsSerializer.serializeRequest(request!.data as ReadableLogRecord[])
      : JsonMetricsSerializer.serializeRequest(request!.data as ResourceMetrics);
  const { resourceMetrics, resourceLogs } = JSON.parse(Buffer.from(bytes!).toString());
  return (
    resourceMetrics?.[0].scopeMetrics[0].metrics[0] ?? resourceLogs[0].scopeLogs[0].logRecords[0]
  );
}

describe('the page about OTLP', () => {
  it('shows an event', () => {
    const event = encoded({
      name: 'user.signup',
      metric: 'event',
      value: 'New user registered',
      tags: { plan: 'free' },
    });
    expect(event).to.deep.include(shown('event'));
  });

  it('shows a counter', () => {
    const counter = encoded({
      name: 'user.profile.views',
      metric: 'counter',
      value: 2,
      tags: { page: '/home' },
    });
    const { sum, name } = counter;
    expect({ name, sum }).to.deep.equal(shown('counter'));
  });

  it('shows a timing that came through a queue', () => {
    const fields = {
      count: 100,
      sum: 60,
      min: 0.1,
      max: 2,
      mean: 0.6,
      p50: 0.5,
      p90: 0.9,
      p95: 1,
      p99: 1.5,
    };
    const { histogram, name } = encoded({
      name: 'hotel.availability.request_time',
      metric: 'timing',
      fields,
    });
    expect({ name, histogram }).to.deep.equal(shown('timing'));
  });
});
