import { tmpdir } from 'node:os';
import { expect } from 'chai';
import type { Problem } from '../../../exporters/problems/problem.js';
import { ElasticsearchExporter } from '../../../exporters/stores/elasticsearch/index.js';
import { Metrics } from '../../../src/index.js';
import { kaneda } from '../../programs/cli.js';
import { read } from './pages.js';

/** Nothing listens at the page's port in the page's example, as at this one here. */
const URL_OF_NOBODY = 'http://127.0.0.1:1';

/** The text blocks of the page as one line each, with the address of the test. */
const blocks = [...read('docs/problems.md').matchAll(/^```text\n(.*?)^```$/gms)].map(([, text]) =>
  onOneLine(text!).replace(/(?:localhost|127\.0\.0\.1):9200/g, '127.0.0.1:1'),
);

function onOneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

describe('docs/problems.md', () => {
  it('shows the warning of an outage as it is', async () => {
    const backend = new ElasticsearchExporter({ indexName: 'm', connectionUrl: URL_OF_NOBODY });
    let metrics: Metrics | undefined;
    const { code, message } = await new Promise<Problem>((resolve) => {
      metrics = new Metrics({ backend, onProblem: resolve });
      metrics.event('deploy', 'version 2');
    });
    await metrics?.close({ timeout: 1 });
    const warning = `(node:4711) [${code}] KanedaWarning: ${message}`;
    expect(blocks).to.include(onOneLine(warning));
  });

  it('shows the answer of kaneda check as it is', async () => {
    const env = { KANEDA_BACKEND: 'elasticsearch', KANEDA_ELASTIC_CONNECTION_URL: URL_OF_NOBODY };
    const { stdout } = await kaneda(['check', '--no-write'], { cwd: tmpdir(), env });
    expect(blocks.some((block) => onOneLine(stdout).includes(block))).to.equal(true);
  });
});
