import type { InstrumentType } from '@opentelemetry/sdk-metrics';
import { secretsOf } from '../../diagnostics/secrets.js';
import type { Fault } from '../../faults.js';
import { environment } from '../../problems/permissions.js';
import type { ExporterOptions } from '../../report-exporter.js';
import { addressOf } from '../../setup/address.js';
import { type OptionRule, type OptionRules, rules } from '../../setup/option-rules.js';

/**
 * The options of the exporter. An option that is not given is taken from OpenTelemetry's
 * `OTEL_EXPORTER_OTLP_*` variables.
 */
export interface OtlpExporterOptions extends ExporterOptions {
  /** The collector's base address; `/v1/metrics` and `/v1/logs` are appended. */
  url?: string;
  /** Sent with each request, beside those of the variables. */
  headers?: Readonly<Record<string, string>>;
}

/** The former name of {@link OtlpExporterOptions}. */
export type OtlpOptions = OtlpExporterOptions;

const address: OptionRule = (value) =>
  typeof value === 'string' && /^https?:\/\//i.test(value) && URL.canParse(value)
    ? undefined
    : 'must be an http or https URL';

const headers: OptionRule = (value) =>
  rules.object(value) === undefined &&
  Object.entries(value as object).every(
    ([name, text]) => /^[!#$%&'*+.^_`|~\w-]+$/.test(name) && isHeaderText(text),
  )
    ? undefined
    : 'must be an object of header names and strings';

/** Printable characters and tabs: a line break would begin a header of its own. */
const isHeaderText = (text: unknown): boolean =>
  typeof text === 'string' && /^[\t\x20-\x7e\x80-\xff]*$/.test(text);

/** The rules of the options above. */
export const OPTION_RULES: OptionRules = { url: address, headers };

/** `protobuf` unless OpenTelemetry's variables ask for JSON. */
export type Encoding = 'protobuf' | 'json';

/**
 * The encoding of a signal, by OpenTelemetry's variables; `grpc` is not spoken here, and is a
 * {@link variableFaults fault}.
 */
export function encodingOf(signal: 'metrics' | 'logs'): Encoding {
  return protocolOf(signal).protocol === 'http/json' ? 'json' : 'protobuf';
}

function protocolOf(signal: 'metrics' | 'logs'): {
  variable: string;
  protocol: string | undefined;
} {
  const own = `OTEL_EXPORTER_OTLP_${signal.toUpperCase()}_PROTOCOL`;
  const variable = environment[own] ? own : 'OTEL_EXPORTER_OTLP_PROTOCOL';
  return { variable, protocol: environment[variable]?.trim() };
}

/** The faults that lie in OpenTelemetry's variables. */
export function variableFaults(): Fault[] {
  const faulty = (['metrics', 'logs'] as const)
    .map((signal) => protocolOf(signal))
    .filter(({ protocol }) => protocol === 'grpc');
  return [...new Set(faulty.map(({ variable }) => variable))].map((variable) => ({
    path: variable,
    reason: `${variable}=grpc is not supported`,
    remedy: "set it to http/protobuf, and the endpoint to the collector's HTTP port (4318)",
  }));
}

/** True if OpenTelemetry's variable asks for cumulative data of this kind of instrument. */
export function prefersCumulative(type: InstrumentType): boolean {
  const preference =
    environment.OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE?.trim().toLowerCase();
  if (preference === 'lowmemory') return type !== 'COUNTER' && type !== 'HISTOGRAM';
  return preference === 'cumulative';
}

/** True if OpenTelemetry's variable asks for histograms with explicit buckets. */
export function prefersExplicitBuckets(): boolean {
  return (
    environment.OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION?.trim().toLowerCase() ===
    'explicit_bucket_histogram'
  );
}

/**
 * The collector's address as the option or OpenTelemetry's variables name it; the default is
 * OpenTelemetry's own.
 */
export function targetOf({ url }: OtlpExporterOptions): string {
  if (url !== undefined) return addressOf(url);
  const base = environment.OTEL_EXPORTER_OTLP_ENDPOINT?.trim() || 'http://localhost:4318';
  const ends = ['METRICS', 'LOGS'].map(
    (signal) => environment[`OTEL_EXPORTER_OTLP_${signal}_ENDPOINT`]?.trim() || base,
  );
  return [...new Set(ends.map(addressOf))].join(', ');
}

/**
 * The texts that must never be printed: credentials in headers, those of the variables included.
 */
export function secretsIn(options: OtlpExporterOptions): string[] {
  const headers = Object.values(options.headers ?? {});
  for (const name of [
    'OTEL_EXPORTER_OTLP_HEADERS',
    'OTEL_EXPORTER_OTLP_METRICS_HEADERS',
    'OTEL_EXPORTER_OTLP_LOGS_HEADERS',
  ]) {
    for (const pair of environment[name]?.split(',') ?? [])
      headers.push(pair.slice(pair.indexOf('=') + 1).trim());
  }
  const urls = [
    options.url,
    ...SIGNALS.map((signal) => environment[`OTEL_EXPORTER_OTLP_${signal}ENDPOINT`]),
  ];
  return [
    ...headers.flatMap(credentialsIn),
    ...urls.flatMap(basicIn),
    ...secretsOf(...urls),
  ].filter((secret) => secret !== '');
}

const SIGNALS = ['', 'METRICS_', 'LOGS_'];

/**
 * A header's value whole, as the variables encode it and decoded, and without the scheme of an
 * authorization.
 */
function credentialsIn(value: string): string[] {
  const decoded = decodeText(value);
  const [, scheme = '', rest = ''] = /^(\w+) +(.*)$/.exec(decoded) ?? [];
  const pair = /^basic$/i.test(scheme) ? Buffer.from(rest, 'base64').toString() : '';
  return [value, decoded, rest, pair, pair.slice(pair.indexOf(':') + 1)];
}

/** The authorization that Node makes of a URL's user and password. */
function basicIn(url: string | undefined): string[] {
  if (url === undefined || !URL.canParse(url)) return [];
  const { username, password } = new URL(url);
  if (password === '') return [];
  const pair = `${decodeText(username)}:${decodeText(password)}`;
  return [pair, Buffer.from(pair).toString('base64')];
}

function decodeText(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
