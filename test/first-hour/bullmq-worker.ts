import { expect } from 'chai';
import { startRedis } from '../support/servers/redis.js';
import { Page } from './page.js';
import type { Task } from './tasks.js';

/** docs/start/worker.md. */
export const bullmqWorker: Task = {
  name: 'asynchronous through BullMQ with a worker',
  minutes: 15,
  async run(watch, started) {
    const page = new Page('docs/start/worker.md');
    const redis = await started.server(() => startRedis({ own: true }));
    const reader = started.reader('worker', watch);
    reader.at('redis://localhost:6379', redis.url);
    await reader.follow(page, 'The packages');
    const printed = await reader.follow(page, 'The application');
    expect(printed).to.deep.equal(page.section('The application').prints);
    expect(reader.place.reports()).to.deep.equal([]);
    const [check, worker, report] = await reader.follow(page, 'The worker');
    expect(check).to.match(/All checks passed/);
    expect(worker).to.match(/"state":"ended","stored":2/);
    expect(report).to.match(/checkout .* 1 /);
    expect(reader.place.total('orders')).to.equal(1);
  },
};
