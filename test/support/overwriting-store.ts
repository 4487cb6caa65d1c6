import { ReportExporter } from '../../exporters/report-exporter.js';
import type { Report } from '../../exporters/reports/report.js';
import { toDocument } from '../../exporters/stores/influxdb/documents.js';

/** An exporter whose store overwrites what has the same id, as MongoDB does, or the same series and nanosecond, as InfluxDB does. */
export class OverwritingStore extends ReportExporter {
  readonly byId = new Map<string, Report>();
  readonly byNanosecond = new Map<string, Report>();
  /** Reports written, repeats included. */
  written = 0;

  protected async write(reports: readonly Report[]): Promise<void> {
    for (const report of reports) {
      const { measurement, tags, time } = toDocument(report, { nameAsTag: false });
      this.written += 1;
      this.byId.set(report.id, report);
      this.byNanosecond.set(JSON.stringify([measurement, [...tags], time]), report);
    }
  }
}
