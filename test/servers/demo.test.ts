import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { type Collector, startCollector } from '../support/servers/collector.js';
import { startElasticsearch } from '../support/servers/elasticsearch.js';
import { requireServer, type Server, type ServerOptions } from '../support/servers/server.js';

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

/** Runs the demo; returns how many requests it says it stored, and removes its file. */
async function demo(
  environment: Record<string, string>,
): Promise<{ requests: number; orders: number }> {
  const env = { ...process.env, NO_COLOR: '1', ...environment };
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--import=tsx', main, 'demo', '--seconds', '1'],
    { env },
  );
  await rm(dirname(/stored in {2}(.*)$/m.exec(stdout)![1]!), { recursive: true });
  const number = (label: string): number =>
    Number(new RegExp(`^${label} +(\\d+)`, 'm').exec(stdout)![1]);
  expect(stdout).to.match(/sent to {2}http/);
  return { requests: number('requests'), orders: number('orders') };
}

describe('kaneda demo', () => {
  it('goes to Elasticsearch when it is told where one is', async function () {
    this.timeout(120_000);
    const elasticsearch = await requireServer<ServerOptions, Server>(this, startElasticsearch, {
      own: true,
    });
    try {
      const { requests, orders } = await demo({ KANEDA_DEMO_ELASTIC_URL: elasticsearch.url });
      await fetch(`${elasticsearch.url}/kaneda-demo-*/_refresh`, { method: 'POST' });
      const search = async (
        metric: string,
      ): Promise<{
        hits: { total: { value: number } };
        aggregations: { sum: { value: number } };
      }> => {
        const query = { bool: { filter: [{ term: { name: metric } }] } };
        const body = JSON.stringify({ size: 0, query, aggs: { sum: { sum: { field: 'value' } } } });
        const answer = await fetch(`${elasticsearch.url}/kaneda-demo-*/_search`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body,
        });
        return (await answer.json()) as Awaited<ReturnType<typeof search>>;
      };
      expect((await search('shop.requests')).aggregations.sum.value).to.equal(requests);
      expect((await search('shop.order')).hits.total.value).to.equal(orders);
    } finally {
      await elasticsearch.stop();
    }
  });

  it('goes to a collector when it is told where one is', async function () {
    this.timeout(240_000);
    const collector = (await requireServer<ServerOptions, Server>(this, startCollector, {
      own: true,
    })) as Collector;
    try {
      const { requests, orders } = await demo({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url });
      await expectSoon(async () => {
        const metrics = await collector.readMetrics();
        const points = metrics.flatMap(({ metric }) =>
          metric.name === 'shop.requests' ? (metric.sum?.dataPoints ?? []) : [],
        );
        return points.reduce((sum, point) => sum + (point.asDouble ?? Number(point.asInt)), 0);
      }, requests);
      await expectSoon(async () => {
        const logs = await collector.readLogs();
        return logs.filter(({ record }) => record.eventName === 'shop.order').length;
      }, orders);
    } finally {
      await collector.stop();
    }
  });
});

/** The collector writes its files a little after it has answered. */
async function expectSoon(read: () => Promise<number>, wanted: number): Promise<void> {
  for (let tries = 600; tries > 0 && (await read()) !== wanted; tries--) await sleep(100);
  expect(await read()).to.equal(wanted);
}
