import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { INTERNALS } from '../../../../../exporters/delivery/internals.js';
import type { Report } from '../../../../../exporters/reports/report.js';
import { ElasticsearchExporter } from '../../../../../exporters/stores/elasticsearch/index.js';
import { until } from '../../../../support/until.js';

/** The parts of OpenSearch 2.19's answer to `GET /` that tell the product. */
const OPENSEARCH = { version: { distribution: 'opensearch', number: '2.19.6' } };

/**
 * A server that answers without Elasticsearch's header when it is asked what it is and which
 * templates it has. `written` has what else it was asked, which it refuses.
 */
async function answering(root: object) {
  const written: string[] = [];
  const server = createServer((request, response) => {
    const { method, url } = request;
    const known = method === 'GET' && (url === '/' || url!.startsWith('/_index_template?'));
    if (!known) written.push(`${method} ${url}`);
    response.writeHead(known ? 200 : 418, { 'content-type': 'application/json' });
    request.resume().once('end', () => response.end(JSON.stringify(url === '/' ? root : {})));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, written, close: () => server.close() };
}

const report: Report = {
  id: '0190b1c4-0000-7000-8000-000000000001',
  name: 'a',
  metric: 'gauge',
  value: 1,
  timestamp: new Date(),
  host: 'h',
};

describe('ElasticsearchExporter on another product', () => {
  for (const [product, root, word] of [
    ['OpenSearch', OPENSEARCH, 'OtlpExporter'],
    ['something else', { version: { number: '1' } }, 'is not Elasticsearch'],
  ] as const) {
    it(`keeps everything, and says what to do about ${product}`, async () => {
      const { url, written, close } = await answering(root);
      const exporter = new ElasticsearchExporter({
        indexName: 'a',
        connectionUrl: url,
        timeout: 30,
      });
      exporter[INTERNALS].accept([report]);
      await until(() => exporter.fault !== undefined);
      expect(String(exporter.fault)).to.include(word);
      expect(exporter.ledger()).to.deep.include({ pending: 1, rejected: {} });
      await exporter.shutdown({ timeout: 100 });
      close();
      expect(written).to.deep.equal([]);
    });
  }
});
