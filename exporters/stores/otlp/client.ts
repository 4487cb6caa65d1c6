import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ISerializer } from '@opentelemetry/otlp-transformer';
import { ImproperlyConfiguredError } from '../../errors.js';
import { notLoaded } from '../../setup/assert-installed.js';
import { exportsOf, isInstalled, ownRequire } from '../../setup/package-loading.js';
import { encodingOf, type OtlpExporterOptions } from './options.js';
import type { ExportAnswer } from './outcomes.js';
import type { OtlpRequest } from './requests.js';
import { type Endpoint, Transport } from './transport.js';

const PACKAGES = ['@opentelemetry/otlp-exporter-base', '@opentelemetry/otlp-transformer'] as const;

/** Milliseconds that a new connection may take, where its user says nothing. */
const CONNECT_TIMEOUT_MS = 10_000;

/** One signal's way to the collector: how its requests are encoded, and where they go. */
export interface Channel {
  readonly transport: Transport;
  readonly serializer: ISerializer<OtlpRequest['data'], ExportAnswer>;
}

/**
 * @throws ImproperlyConfiguredError with the `npm install` to run, if OpenTelemetry's part of OTLP
 * is not there.
 */
export function assertPeers(): void {
  if (PACKAGES.every((name) => isInstalled(name) !== false)) return;
  throw missingEncoder();
}

function missingEncoder(): ImproperlyConfiguredError {
  const specs = PACKAGES.map((name) => `"${name}@${encoderRange()}"`).join(' ');
  return new ImproperlyConfiguredError(
    `OtlpExporter needs OpenTelemetry's encoder: run \`npm install ${specs}\``,
  );
}

/** The packages of OTLP have a version line for each line of the SDK. */
const encoderRange = (): string => (sdkMajor() >= 3 ? '>=0.300' : '<0.300');

/**
 * The major version of the installed SDK; its newer packages hide their package.json from
 * `require`.
 */
function sdkMajor(): number {
  try {
    let folder = dirname(ownRequire().resolve('@opentelemetry/sdk-metrics'));
    while (!existsSync(join(folder, 'package.json')) && folder !== dirname(folder))
      folder = dirname(folder);
    return Number.parseInt(
      JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).version,
      10,
    );
  } catch {
    return 3;
  }
}

/** Loads OpenTelemetry's encoders and its reading of the `OTEL_EXPORTER_OTLP_*` variables. */
export async function openChannels(
  options: OtlpExporterOptions,
): Promise<Record<OtlpRequest['signal'], Channel>> {
  const failed = (name: string) => (cause: unknown) =>
    notLoaded('OtlpExporter', name, encoderRange())(cause);
  const [{ convertLegacyHttpOptions }, serializers] = await Promise.all([
    import('@opentelemetry/otlp-exporter-base/node-http')
      .catch(failed(PACKAGES[0]))
      .then(exportsOf),
    import('@opentelemetry/otlp-transformer').catch(failed(PACKAGES[1])).then(exportsOf),
  ]);
  const channel = (signal: OtlpRequest['signal'], protobuf: unknown, json: unknown): Channel => {
    const encoding = encodingOf(signal);
    const path = `v1/${signal}`;
    const given = {
      ...(options.url === undefined ? {} : { url: appendPath(options.url, path) }),
      ...(options.writeTimeout === undefined ? {} : { timeoutMillis: options.writeTimeout }),
      ...(options.headers === undefined ? {} : { headers: { ...options.headers } }),
    };
    const endpoint: Endpoint = {
      ...convertLegacyHttpOptions(given, signal.toUpperCase(), path, {
        'Content-Type': encoding === 'json' ? 'application/json' : 'application/x-protobuf',
      }),
      connectTimeoutMillis: options.connectTimeout ?? CONNECT_TIMEOUT_MS,
    };
    return {
      transport: new Transport(endpoint),
      serializer: (encoding === 'json' ? json : protobuf) as Channel['serializer'],
    };
  };
  return {
    metrics: channel(
      'metrics',
      serializers.ProtobufMetricsSerializer,
      serializers.JsonMetricsSerializer,
    ),
    logs: channel('logs', serializers.ProtobufLogsSerializer, serializers.JsonLogsSerializer),
  };
}

/** The signal's path behind the base address, which may have a path and a query of its own. */
function appendPath(base: string, path: string): string {
  const url = new URL(base);
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/${path}`;
  return url.href;
}
