import { chromiumProgram } from '../support/servers/chromium.js';
import { collectorProgram } from '../support/servers/collector-program.js';
import { elasticsearchFolder, javaHome } from '../support/servers/elasticsearch.js';
import { ferretdb } from '../support/servers/ferretdb.js';
import { sharingCaches } from '../support/servers/go.js';
import { influxProgram } from '../support/servers/influxdb.js';
import { prometheusProgram } from '../support/servers/prometheus.js';
import { python } from '../support/servers/python.js';
import { rabbitProgram } from '../support/servers/rabbitmq.js';
import { redisProgram } from '../support/servers/redis.js';

/**
 * Installs every server that can be installed, so that no test waits for one. What cannot be had is said, and left to the
 * tests that want it: they skip, or fail under `CI=true`.
 */
const builds: [string, () => Promise<unknown>][] = [
  ['collector', () => collectorProgram('collector', ['file'])],
  ['mongodb', ferretdb],
];
const downloads: [string, () => Promise<unknown>][] = [
  ['redis', redisProgram],
  ['chromium', chromiumProgram],
  ['prometheus', prometheusProgram],
  ['influxdb', influxProgram],
  ['rabbitmq', rabbitProgram],
  ['elasticsearch', () => javaHome().then(() => elasticsearchFolder())],
  ['python', python],
];

// Builds take the processors, downloads the network: one of each at a time.
await Promise.all([sharingCaches(() => oneByOne(builds)), oneByOne(downloads)]);

async function oneByOne(steps: typeof builds): Promise<void> {
  for (const [name, step] of steps) {
    const start = Date.now();
    const outcome = await step().then(
      () => 'ready',
      (error: Error) => error.message,
    );
    console.log(`${name}: ${outcome} (${((Date.now() - start) / 1000).toFixed(1)} s)`);
  }
}
