import type { Client } from '@elastic/elasticsearch';
import type { OptionFault } from '../../faults.js';
import type { ExporterOptions } from '../../report-exporter.js';
import { hostInUrl, addressOf as shown } from '../../setup/address.js';
import {
  type OptionRule,
  type OptionRules,
  onlyOneOf,
  portBesideUrl,
  rules,
  uselessBeside,
} from '../../setup/option-rules.js';

/** The options of the exporter: Kaneda's in camel case, and those that today's clusters need. */
export interface ElasticsearchExporterOptions extends ExporterOptions {
  /** Reports go to the indices `NAME-YYYY.MM.DD`. */
  indexName: string;
  /** A client of the application's own; it is not closed. */
  client?: Client;
  /**
   * One address or several, each with a user and password in it where needed. Without a port: 9200,
   * with https 443.
   */
  connectionUrl?: string | readonly string[];
  /** One host or several; http unless it carries a scheme. Default: localhost. */
  host?: string | readonly string[];
  /** The port of each host that names none. */
  port?: number;
  /** The user's name; `password` belongs to it. */
  user?: string;
  /** The user's password. Never shown. */
  password?: string;
  /** An API key, `encoded` or as `id:api_key`, instead of user and password. */
  apiKey?: string;
  /** SHA-256 fingerprint of the certificate authority that signed the servers' certificates. */
  caFingerprint?: string;
  /**
   * Seconds that connecting may take, as Kaneda has it; default 0.3. A write may take
   * `writeTimeout`.
   */
  timeout?: number;
}

/** The former name of {@link ElasticsearchExporterOptions}. */
export type ElasticsearchOptions = ElasticsearchExporterOptions;

/** The names that Elasticsearch accepts for an index, short enough for the day behind it. */
const indexName: OptionRule = (value) =>
  typeof value === 'string' &&
  value === value.toLowerCase() &&
  /^[^-_+A-Z\\/*?"<>| ,#:\s.][^A-Z\\/*?"<>| ,#:\s]*$/.test(value) &&
  Buffer.byteLength(value) <= 244
    ? undefined
    : 'must be a name in lower case, not beginning with -, _, + or a dot, without spaces and \\ / * ? " < > | , # :';

/** Host name or address, or a whole URL. */
const addresses: OptionRule = (value) =>
  rules.texts(value) ??
  ([value].flat().every((text) => addressOf(text as string) !== undefined)
    ? undefined
    : 'must be a host or an http or https URL');

/**
 * A client of Elastic's, version 8 or 9. OpenSearch's has methods of the same names that take other
 * parameters, and so have Elastic's of before; an object with `bulk` alone is a double of a test.
 */
const client: OptionRule = (value) => {
  const { indices, openPointInTime, diagnostic } = Object(value);
  const isOther =
    indices !== undefined && (openPointInTime === undefined || diagnostic === undefined);
  return rules.having('bulk')(value) ?? (isOther ? CLIENT_WANTED : undefined);
};

const CLIENT_WANTED =
  'must be a Client of @elastic/elasticsearch 8.19 or 9; for OpenSearch use OtlpExporter and an OpenTelemetry Collector';

/** The rules of the options above. */
export const OPTION_RULES: OptionRules = {
  indexName,
  client,
  connectionUrl: addresses,
  host: addresses,
  port: rules.port,
  user: rules.text,
  password: rules.text,
  apiKey: rules.text,
  caFingerprint: rules.text,
  timeout: rules.seconds,
};

/** The faults that lie between options, each of them right by itself. */
export function optionFaults(options: ElasticsearchExporterOptions): OptionFault[] {
  const given = (name: keyof ElasticsearchExporterOptions) => options[name] !== undefined;
  const faults = onlyOneOf(options, ['client', 'connectionUrl', 'host']);
  if (!given('indexName'))
    faults.push({
      kind: 'missing',
      path: 'indexName',
      options: ['indexName'],
      need: 'one',
      remedy: 'pass the name that the indices begin with',
    });
  if (given('client')) {
    const own = ['port', 'user', 'password', 'apiKey', 'caFingerprint'];
    faults.push(
      ...uselessBeside(
        options,
        own,
        'has no effect on a client that is given',
        'configure the client itself',
      ),
    );
  }
  faults.push(...portBesideUrl(options));
  if (given('password') !== given('user')) {
    faults.push({
      kind: 'missing',
      path: given('user') ? 'password' : 'user',
      options: ['user', 'password'],
      need: 'all',
    });
  }
  if (given('apiKey') && given('user'))
    faults.push({
      kind: 'excludes',
      path: 'apiKey',
      options: ['user', 'password'],
      choices: ['apiKey', 'user'],
    });
  if (
    given('caFingerprint') &&
    !given('client') &&
    nodesOf(options).some(({ protocol }) => protocol === 'http:')
  ) {
    faults.push(
      ...uselessBeside(options, ['caFingerprint'], 'needs https', 'use an https address'),
    );
  }
  return faults;
}

/** The servers' addresses without credentials. */
export function targetOf(options: ElasticsearchExporterOptions): string {
  if (options.client !== undefined) return 'the client that was given';
  return nodesOf(options)
    .map(({ href }) => shown(href))
    .join(', ');
}

/** The servers' addresses, credentials included where the application wrote them there. */
export function nodesOf({
  connectionUrl,
  host = 'localhost',
  port,
}: ElasticsearchExporterOptions): URL[] {
  return [connectionUrl ?? host]
    .flat()
    .flatMap((text) => (typeof text === 'string' ? (addressOf(text, port) ?? []) : []));
}

/**
 * The URL of a host or address, with the port of Kaneda's own client; undefined if it is not a URL.
 */
function addressOf(text: string, port?: number): URL | undefined {
  const address = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${hostInUrl(text)}`;
  if (!URL.canParse(address)) return undefined;
  const url = new URL(address);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return undefined;
  // URL drops a scheme's own port, so whether one was written is seen in the text alone.
  const written = /:\d+$/.test(address.slice(address.indexOf('//') + 2).replace(/[/?#].*$/, ''));
  if (!written) url.port = String(port ?? (url.protocol === 'https:' ? 443 : 9200));
  return url;
}
