import { expect } from 'chai';
import { startRedis } from '../support/servers/redis.js';
import { Page } from './page.js';
import { installed, type Task } from './tasks.js';

/** The README of examples/worker-bullmq. */
export const bullmqWorker: Task = {
  name: 'asynchronous through BullMQ with a worker',
  minutes: 15,
  async run(watch, started) {
    const page = new Page('examples/worker-bullmq/README.md');
    const redis = await started.server(startRedis);
    const example = await installed('worker-bullmq', watch, started);
    const env = {
      KANEDA_BULLMQ_REDIS_URL: redis.url,
      KANEDA_BULLMQ_QUEUE_NAME: `first-hour-${process.pid}`,
    };
    await watch.step('the application', async () => {
      page.command('npm start');
      await example.start('start', env).printed(/4 reports are in the queue/);
      expect(example.reports()).to.deep.equal([]);
    });
    await watch.step('the worker', async () => {
      page.command('npm run worker');
      const worker = example.start('worker', env);
      await worker.printed(/"stored":4/);
      expect(await worker.end()).to.equal(0);
      expect(example.total('orders')).to.equal(6);
    });
    await watch.step('kaneda report', async () => {
      const report = await example.run(page.command('npx kaneda report metrics.log'));
      expect(report).to.match(/orders/);
    });
  },
};
