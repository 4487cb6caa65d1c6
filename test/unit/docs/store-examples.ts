import { ReportExporter } from '../../../exporters/report-exporter.js';
import type { Report } from '../../../exporters/reports/report.js';
import { Metrics } from '../../../src/index.js';

class Capture extends ReportExporter {
  readonly reports: Report[] = [];

  protected override async write(reports: readonly Report[]): Promise<void> {
    this.reports.push(...reports);
  }
}

/** What the pages of the stores show: every call, in both modes. Title by what makes it. */
export async function examples(): Promise<ReadonlyMap<string, Report>> {
  const found = new Map<string, Report>();
  for (const mode of ['aggregate', 'individual'] as const) {
    const backend = new Capture({ appName: 'shop' });
    const metrics = new Metrics({ backend, mode });
    metrics.gauge('process.memory', 61.5, { region: 'eu' });
    metrics.increment('user.signups', ['web', 'beta']);
    metrics.timing('checkout', 0.25);
    metrics.event('deploy', 'version 1.2', { stage: 'live' });
    metrics.custom('basket', {
      metric: 'sale',
      value: { total: 19.9, items: 2 },
      id: 'order-1007',
    });
    metrics.custom('basket', { metric: 'visitors', value: 3 });
    await metrics.flush();
    await metrics.close();
    for (const report of backend.reports) found.set(titleOf(report, mode), fixed(report));
  }
  return found;
}

const ALWAYS_INDIVIDUAL = new Set(['event', 'sale', 'visitors']);
const titleOf = ({ metric }: Report, mode: string): string =>
  ALWAYS_INDIVIDUAL.has(metric) ? metric : `${metric}, ${mode}`;

/** Without what differs from run to run. */
function fixed(report: Report): Report {
  const { startTimestamp: _, ...rest } = report;
  const id = report.id === 'order-1007' ? report.id : '01a2060b-eb9b-7f21-87af-e57126807815';
  return {
    ...rest,
    id,
    host: 'web-1',
    instance: 'web-1:4711',
    timestamp: new Date('2026-11-23T10:00:00.250Z'),
  };
}
