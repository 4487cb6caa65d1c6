/** A shop to look at: jobs, a state, a fork, request trackers. */
import { writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  Collection,
  Counter,
  Float,
  Fork,
  Integer,
  RequestTracker,
  State,
} from '../../../src/cantal/index.js';

const collection = new Collection();
const options = { collection };
const jobs = new Counter({ group: 'jobs', metric: 'done' }, options);
const queued = new Integer({ group: 'jobs', metric: 'queued' }, options);
const load = new Float({ group: 'catalogue', metric: 'age' }, options);
const state = new State({ state: 'catalogue' }, options);
const loop = new Fork(['reading', 'working', 'writing', 'idle'], { state: 'loop' }, options);
const requests = new RequestTracker('http', {}, options);
collection.start(process.argv[2]!);
state.enter('waiting for a new one');
writeSync(1, 'ready\n');

setInterval(() => {
  jobs.incr(5);
  queued.set((queued.get() + 1) % 12);
  load.set(load.get() + 0.1);
}, 100);
setInterval(() => {
  requests
    .request(async () => {
      await sleep(10 + Math.random() * 20);
      if (Math.random() < 0.02) throw new Error('refused');
    })
    .catch(() => {});
}, 20);
for (;;)
  await loop.context(async () => {
    loop.reading.enter();
    await sleep(12);
    loop.working.enter();
    await sleep(40);
    loop.writing.enter();
    await sleep(15);
    loop.idle.enter();
    await sleep(30);
  });
