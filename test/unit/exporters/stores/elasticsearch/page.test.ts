import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { ReportExporter } from '../../../../../exporters/report-exporter.js';
import type { Report } from '../../../../../exporters/reports/report.js';
import { toDocument } from '../../../../../exporters/stores/elasticsearch/documents.js';
import { Metrics } from '../../../../../src/index.js';

const page = readFileSync(
  new URL('../../../../../docs/stores/elasticsearch.md', import.meta.url),
  'utf8',
);

/** Keeps the documents that would be stored. */
class Documents extends ReportExporter {
  readonly documents: Record<string, unknown>[] = [];

  protected override async write(reports: readonly Report[]): Promise<void> {
    for (const report of reports)
      this.documents.push(JSON.parse(JSON.stringify(toDocument(report))));
  }
}

/** Without what differs from run to run, in a fixed order. */
const comparable = (documents: readonly Record<string, unknown>[]) =>
  documents
    .map(({ '@timestamp': time, start_timestamp: start, ...rest }) => ({
      ...rest,
      host: 'h',
      instance: 'h:1',
      times: [typeof time, typeof start],
    }))
    .map((document) => JSON.stringify(document))
    .sort();

describe('the page about Elasticsearch', () => {
  for (const mode of ['aggregate', 'individual'] as const) {
    it(`shows what is stored in the mode ${mode}`, async () => {
      const backend = new Documents({ appName: 'shop' });
      const metrics = new Metrics({ backend, mode });
      const program = /^```js\n(metrics\.gauge.*?)^```/ms.exec(page)![1]!;
      new Function('metrics', program)(metrics);
      await metrics.close();
      const block = new RegExp(`^\`\`\`json ${mode}\\n(.*?)^\`\`\``, 'ms').exec(page)![1]!;
      const shown = block
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
      expect(comparable(backend.documents)).to.deep.equal(comparable(shown));
    });
  }
});
