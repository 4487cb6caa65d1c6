import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { collectorProgram } from './collector-program.js';
import { given } from './given.js';
import { freePort, ProcessServer, temporaryFolder } from './process.js';
import type { Server, ServerOptions } from './server.js';

/** A value of OTLP's JSON form: one of its keys is there, 64-bit integers are decimal text. */
export interface OtlpValue {
  stringValue?: string;
  boolValue?: boolean;
  intValue?: string;
  doubleValue?: number;
  arrayValue?: { values?: OtlpValue[] };
  kvlistValue?: { values?: OtlpAttribute[] };
  bytesValue?: string;
}
export interface OtlpAttribute {
  key: string;
  value: OtlpValue;
}
/** A data point of any kind; times and counts are decimal text. */
export interface OtlpPoint {
  attributes?: OtlpAttribute[];
  startTimeUnixNano?: string;
  timeUnixNano?: string;
  asInt?: string;
  asDouble?: number;
  count?: string;
  sum?: number;
  min?: number;
  max?: number;
  scale?: number;
  zeroCount?: string;
  positive?: { offset?: number; bucketCounts?: string[] };
  negative?: { offset?: number; bucketCounts?: string[] };
  bucketCounts?: string[];
  explicitBounds?: number[];
}
interface OtlpPoints {
  dataPoints: OtlpPoint[];
  /** 1 delta, 2 cumulative. */
  aggregationTemporality?: number;
  isMonotonic?: boolean;
}
export interface OtlpMetric {
  name: string;
  unit?: string;
  description?: string;
  gauge?: OtlpPoints;
  sum?: OtlpPoints;
  histogram?: OtlpPoints;
  exponentialHistogram?: OtlpPoints;
}
export interface OtlpLogRecord {
  timeUnixNano?: string;
  observedTimeUnixNano?: string;
  severityNumber?: number;
  severityText?: string;
  eventName?: string;
  body?: OtlpValue;
  attributes?: OtlpAttribute[];
  traceId?: string;
  spanId?: string;
}
/** Where a metric or a log record came from. */
export interface Origin {
  resource: OtlpAttribute[];
  scope: string;
}

export interface Collector extends Server {
  /** Where it takes gRPC, `host:port`; undefined for one that was given. */
  readonly grpc: string | undefined;
  /** Every metric it has received so far, export by export, in the order of its file. */
  readMetrics(): Promise<(Origin & { metric: OtlpMetric })[]>;
  /** Every log record it has received so far. */
  readLogs(): Promise<(Origin & { record: OtlpLogRecord })[]>;
}

interface Group {
  resource?: { attributes?: OtlpAttribute[] };
  scopeMetrics?: { scope?: { name?: string }; metrics?: OtlpMetric[] }[];
  scopeLogs?: { scope?: { name?: string }; logRecords?: OtlpLogRecord[] }[];
}

/**
 * OpenTelemetry's Collector with an OTLP/HTTP receiver and two files. With `TEST_COLLECTOR_URL`, `TEST_COLLECTOR_FOLDER`
 * names the folder of its files metrics.json and logs.json. Files are written some 100 ms after an export: read again.
 */
export async function startCollector(options: ServerOptions = {}): Promise<Collector> {
  const folder = temporaryFolder('collector');
  writeFileSync(join(folder, 'config.json'), configuration('/data', '0.0.0.0:4318'));
  const compose = {
    url: (port: number) => `http://127.0.0.1:${port}`,
    ready: receives,
    override: { volumes: [`${folder}:/data`], user: String(process.getuid?.() ?? 0) },
  };
  const server = await given('collector', { own: options.own, compose }, () => prepared(folder));
  const files = server.own ? folder : (process.env.TEST_COLLECTOR_FOLDER ?? '.');
  const grpcFile = join(folder, 'grpc');
  return Object.assign(server, {
    grpc: existsSync(grpcFile) ? readFileSync(grpcFile, 'utf8') : undefined,
    readMetrics: async () => {
      const groups = await lines(join(files, 'metrics.json'), 'resourceMetrics');
      return groups.flatMap((group) =>
        (group.scopeMetrics ?? []).flatMap(({ scope, metrics }) =>
          (metrics ?? []).map((metric) => ({ ...origin(group, scope), metric })),
        ),
      );
    },
    readLogs: async () => {
      const groups = await lines(join(files, 'logs.json'), 'resourceLogs');
      return groups.flatMap((group) =>
        (group.scopeLogs ?? []).flatMap(({ scope, logRecords }) =>
          (logRecords ?? []).map((record) => ({ ...origin(group, scope), record })),
        ),
      );
    },
  });
}

async function prepared(folder: string): Promise<ProcessServer> {
  const command = await collectorProgram('collector', ['file']);
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const config = join(folder, 'config.json');
  const grpc = `127.0.0.1:${await freePort()}`;
  writeFileSync(join(folder, 'grpc'), grpc);
  writeFileSync(config, configuration(folder, `127.0.0.1:${port}`, grpc));
  return new ProcessServer({
    name: 'collector',
    url,
    command,
    args: [`--config=file:${config}`],
    folder,
    ready: () => receives(url),
  });
}

/** JSON is YAML. */
function configuration(folder: string, endpoint: string, grpc?: string): string {
  const file = (name: string) => ({
    path: join(folder, name),
    format: 'json',
    flush_interval: '50ms',
    append: true,
  });
  return JSON.stringify({
    receivers: {
      otlp: { protocols: { http: { endpoint }, ...(grpc && { grpc: { endpoint: grpc } }) } },
    },
    processors: { batch: { timeout: '50ms' } },
    exporters: { 'file/metrics': file('metrics.json'), 'file/logs': file('logs.json') },
    service: {
      telemetry: { metrics: { level: 'none' }, logs: { level: 'warn' } },
      pipelines: {
        metrics: { receivers: ['otlp'], processors: ['batch'], exporters: ['file/metrics'] },
        logs: { receivers: ['otlp'], processors: ['batch'], exporters: ['file/logs'] },
      },
    },
  });
}

/** True once it takes OTLP over HTTP. */
export async function receives(url: string): Promise<boolean> {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${url}/v1/metrics`, {
    method: 'POST',
    headers,
    body: '{}',
    signal: AbortSignal.timeout(1_000),
  });
  return answer.status === 200;
}

/** The last line may still be in the writing. */
async function lines(path: string, key: 'resourceMetrics' | 'resourceLogs'): Promise<Group[]> {
  const text = await readFile(path, 'utf8').catch(() => '');
  const complete = text.slice(0, text.lastIndexOf('\n') + 1).split('\n');
  return complete
    .filter((line) => line !== '')
    .flatMap((line) => (JSON.parse(line) as Record<typeof key, Group[] | undefined>)[key] ?? []);
}

function origin(group: Group, scope: { name?: string } | undefined): Origin {
  return { resource: group.resource?.attributes ?? [], scope: scope?.name ?? '' };
}
