import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { receives } from './collector.js';
import { collectorProgram } from './collector-program.js';
import { freePort, ProcessServer, temporaryFolder } from './process.js';
import type { Server } from './server.js';

/** A Collector that Prometheus scrapes. */
export interface ScrapedCollector extends Server {
  /** The `host:port` of its `/metrics`. */
  readonly scraped: string;
}

/** OpenTelemetry's Collector with an OTLP/HTTP receiver and its `prometheus` exporter, as the docs have it. */
export async function startScrapedCollector(): Promise<ScrapedCollector> {
  const command = await collectorProgram('collector-prometheus', ['prometheus']);
  const folder = temporaryFolder('collector-prometheus');
  const config = join(folder, 'config.json');
  const endpoint = `127.0.0.1:${await freePort()}`;
  const scraped = `127.0.0.1:${await freePort()}`;
  writeFileSync(config, JSON.stringify(configuration(endpoint, scraped)));
  const url = `http://${endpoint}`;
  const server = new ProcessServer({
    name: 'collector-prometheus',
    url,
    command,
    args: [`--config=file:${config}`],
    folder,
    ready: () => receives(url),
  });
  await server.start();
  return Object.assign(server, { scraped });
}

/** JSON is YAML. */
function configuration(endpoint: string, scraped: string): object {
  return {
    receivers: { otlp: { protocols: { http: { endpoint } } } },
    exporters: {
      prometheus: { endpoint: scraped, resource_to_telemetry_conversion: { enabled: true } },
    },
    service: {
      telemetry: { metrics: { level: 'none' }, logs: { level: 'warn' } },
      pipelines: { metrics: { receivers: ['otlp'], exporters: ['prometheus'] } },
    },
  };
}
