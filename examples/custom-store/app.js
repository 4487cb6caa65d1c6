import { setTimeout as sleep } from 'node:timers/promises';
import { Metrics } from 'kaneda-otel';
import { LevelExporter, readLevel } from './level-exporter.js';

const LOCATION = 'metrics.db';

const metrics = new Metrics({ backend: new LevelExporter({ location: LOCATION }) });
for (const article of ['plum', 'pear', 'plum']) metrics.increment('orders', { article });
metrics.event('closed', 'for today');
await metrics.timer('bake').time(() => sleep(20));
await metrics.close();

for await (const { name, metric, value, tags } of readLevel(LOCATION))
  console.log(name, metric, value, tags ?? '');
