/**
 * README's first program, with nothing listening at the store's address (first argument). The second says how it ends: `returns`
 * lets the process flush by itself, `flushes` waits for a flush, `lives` runs 50 milliseconds.
 */
import { ElasticsearchExporter } from '../../../exporters/stores/elasticsearch/index.js';
import { Metrics } from '../../../src/index.js';

const [connectionUrl = '', end] = process.argv.slice(2);
const metrics = new Metrics({
  backend: new ElasticsearchExporter({ indexName: 'metrics', appName: 'shop', connectionUrl }),
});
metrics.increment('user.signup', { plan: 'free' });
metrics.gauge('users', 7);
metrics.event('start', 'now');
if (end === 'lives') setTimeout(() => metrics.increment('user.signup'), 50);
if (end === 'flushes') {
  const fault = await metrics.flush({ timeout: 500 }).catch((error: unknown) => error);
  process.stdout.write(`${(fault as { code?: string }).code}`);
}
