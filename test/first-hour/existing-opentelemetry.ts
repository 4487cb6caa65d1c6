import { expect } from 'chai';
import { post } from '../smoke/example.js';
import { startCollector } from '../support/servers/collector.js';
import { until } from '../support/until.js';
import { Page } from './page.js';
import { installed, type Task } from './tasks.js';

/** The README of examples/existing-opentelemetry. */
export const existingOpentelemetry: Task = {
  name: 'an existing OpenTelemetry application',
  minutes: 10,
  async run(watch, started) {
    const page = new Page('examples/existing-opentelemetry/README.md');
    const collector = await started.server(startCollector);
    const example = await installed('existing-opentelemetry', watch, started);
    await watch.step('the application and its visits', async () => {
      page.command('OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318 npm start');
      const shop = example.start('start', { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url });
      const url = await shop.address();
      await (await fetch(url)).text();
      await post(url, {});
      expect(await shop.end()).to.equal(0);
    });
    await watch.step('the log file', async () => {
      expect(example.total('visits')).to.equal(2);
      expect(example.total('orders')).to.equal(1);
      const report = await example.run(page.command('npx kaneda report metrics.log'));
      expect(report).to.match(/visits/);
    });
    await watch.step('the collector', () =>
      until(async () => {
        const metrics = (await collector.readMetrics()).map(({ metric }) => metric.name);
        const events = (await collector.readLogs()).map(({ record }) => record.eventName);
        return (
          ['visits', 'orders'].every((name) => metrics.includes(name)) && events.includes('ordered')
        );
      }),
    );
  },
};
