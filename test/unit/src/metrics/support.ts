import * as api from '@opentelemetry/api';
import { DiagLogLevel, diag } from '@opentelemetry/api';
import type { WriteContext } from '../../../../exporters/delivery/store.js';
import { type ExporterOptions, ReportExporter } from '../../../../exporters/report-exporter.js';
import type { Report } from '../../../../exporters/reports/report.js';

/** The logs API: since 1.10 the API has it, before it is a package of its own. */
export const globalLogs = (Reflect.get(api, 'logs') ??
  (await import('@opentelemetry/api-logs'))
    .logs) as typeof import('@opentelemetry/api-logs')['logs'];

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

/** What is said through `diag` while `work` runs. */
export async function saidDuring(work: () => void | Promise<void>): Promise<string[]> {
  const said: string[] = [];
  const say = (message: string): void => void said.push(message);
  const silent = (): void => undefined;
  diag.setLogger(
    { error: say, warn: say, info: silent, debug: silent, verbose: silent },
    DiagLogLevel.WARN,
  );
  try {
    await work();
  } finally {
    diag.disable();
  }
  return said;
}
