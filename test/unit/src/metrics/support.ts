import * as api from '@opentelemetry/api';
import type { WriteContext } from '../../../../exporters/delivery/store.js';
import { type ExporterOptions, ReportExporter } from '../../../../exporters/report-exporter.js';
import type { Report } from '../../../../exporters/reports/report.js';
import { Metrics } from '../../../../src/index.js';

/** The logs API: since 1.10 the API has it, before it is a package of its own. */
export const globalLogs = (Reflect.get(api, 'logs') ??
  (await import('@opentelemetry/api-logs'))
    .logs) as typeof import('@opentelemetry/api-logs')['logs'];

export { diagDuring } from '../../../support/captured-diag.js';

/** A store that keeps its reports, can be down, or can be silent. */
export class MemoryStore extends ReportExporter {
  readonly reports: Report[] = [];
  disconnected = 0;
  down = false;
  silent = false;

  constructor(options?: ExporterOptions) {
    super(options);
  }

  protected async write(reports: readonly Report[], { signal }: WriteContext): Promise<void> {
    if (this.down) throw new Error('the store is down');
    if (this.silent)
      await new Promise((_, reject) =>
        signal.addEventListener('abort', () => reject(signal.reason)),
      );
    this.reports.push(...reports);
  }

  protected override async disconnect(): Promise<void> {
    this.disconnected++;
  }

  /** The reports of one name, as `value` or fields, with their tags if they have any. */
  of(name: string): unknown[] {
    return this.reports
      .filter((report) => report.name === name)
      .map(({ value, fields, tags }) =>
        tags === undefined ? (fields ?? value) : [fields ?? value, tags],
      );
  }
}

/** Makes a store and a `Metrics` that writes to it, new for each test of the suite. */
export function eachWithStore(use: (made: { store: MemoryStore; metrics: Metrics }) => void): void {
  let metrics: Metrics;
  beforeEach(() => {
    const store = new MemoryStore();
    metrics = new Metrics({ backend: store });
    use({ store, metrics });
  });
  afterEach(() => metrics.close());
}
