/** Measures itself and ends at once: what measures must not hold it. Prints what was stored. */
import { ReportExporter } from '../../../exporters/report-exporter.js';
import type { Report } from '../../../exporters/reports/report.js';
import { collectProcessMetrics, Metrics } from '../../../src/index.js';

const names: string[] = [];
process.on('exit', () => console.log(JSON.stringify({ names })));

class Store extends ReportExporter {
  protected override async write(reports: readonly Report[]): Promise<void> {
    names.push(...reports.map(({ name }) => name));
  }
}

collectProcessMetrics(new Metrics({ backend: new Store() }));
