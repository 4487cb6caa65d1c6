import { collector } from './collector.js';
import { elasticsearchFolder, javaHome } from './elasticsearch.js';
import { ferretdb } from './ferretdb.js';
import { sharingCaches } from './go.js';
import { influxProgram } from './influxdb.js';
import { python } from './python.js';
import { rabbitProgram } from './rabbitmq.js';
import { redisProgram } from './redis.js';

/**
 * Installs every server that can be installed, so that no test waits for one. What cannot be had is said, and left to the
 * tests that want it: they skip, or fail under `CI=true`.
 */
const builds: [string, () => Promise<unknown>][] = [
  ['collector', collector],
  ['mongodb', ferretdb],
];
const downloads: [string, () => Promise<unknown>][] = [
  ['redis', redisProgram],
  ['influxdb', influxProgram],
  ['rabbitmq', rabbitProgram],
  ['elasticsearch', () => javaHome().then(elasticsearchFolder)],
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
