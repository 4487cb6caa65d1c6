import type { Client, ClientOptions } from '@elastic/elasticsearch';
import { notLoaded } from '../../setup/assert-installed.js';
import { exportsOf } from '../../setup/package-loading.js';
import { type ElasticsearchExporterOptions, nodesOf } from './options.js';

/** Loads Elasticsearch's own client and makes one of these options. Nothing is sent yet. */
export async function makeClient(
  options: ElasticsearchExporterOptions,
  writeTimeout: number,
): Promise<Client> {
  const { Client, HttpConnection } = await import('@elastic/elasticsearch')
    .catch(notLoaded('ElasticsearchExporter', '@elastic/elasticsearch', '8'))
    .then(exportsOf);
  // Bun's undici is not the one that the client's default connection is made for.
  const Connection = process.versions.bun === undefined ? undefined : HttpConnection;
  return new Client(clientOptions(options, writeTimeout, Connection));
}

/**
 * The client's options: `timeout` is for connecting alone, and each address may have its own user.
 * @param Connection in place of the client's default; its connecting has no time of its own.
 */
export function clientOptions(
  options: ElasticsearchExporterOptions,
  writeTimeout: number,
  Connection?: ClientOptions['Connection'],
): ClientOptions {
  const connectTimeout = options.connectTimeout ?? (options.timeout ?? 0.3) * 1000;
  const nodes = nodesOf(options).map((url) => {
    const authorization = authorizationOf(url, options);
    // Without the credentials, so that no error or log line of the client can show them.
    url.username = '';
    url.password = '';
    return { url, ...(authorization === undefined ? {} : { headers: { authorization } }) };
  });
  const secure = nodes.some(({ url }) => url.protocol === 'https:');
  // An option of undici, which the client hands on but has no type for.
  const agent = { connect: { timeout: connectTimeout } } as NonNullable<ClientOptions['agent']>;
  // The client takes a TLS connection's options from here alone, the time for connecting included.
  const connecting = { agent, ...(secure ? { tls: { timeout: connectTimeout } } : {}) };
  return {
    nodes,
    requestTimeout: writeTimeout,
    ...(Connection === undefined ? connecting : { Connection }),
    ...(options.caFingerprint === undefined ? {} : { caFingerprint: options.caFingerprint }),
  };
}

/** The passwords, keys and headers that these options make: what must never be printed. */
export function secretsIn(options: ElasticsearchExporterOptions): string[] {
  const secrets = [options.password, options.apiKey];
  for (const url of nodesOf(options)) {
    secrets.push(
      url.password,
      decodeText(url.password),
      authorizationOf(url, options)?.replace(/^\w+ /, ''),
    );
  }
  return secrets.filter((secret) => secret !== undefined && secret !== '') as string[];
}

function authorizationOf(
  url: URL,
  { user, password, apiKey }: ElasticsearchExporterOptions,
): string | undefined {
  const name = url.username === '' ? user : decodeText(url.username);
  if (name !== undefined) {
    const secret = url.username === '' ? (password ?? '') : decodeText(url.password);
    return `Basic ${Buffer.from(`${name}:${secret}`).toString('base64')}`;
  }
  if (apiKey === undefined) return undefined;
  // As Elasticsearch hands it out (`encoded`), or its two parts.
  return `ApiKey ${apiKey.includes(':') ? Buffer.from(apiKey).toString('base64') : apiKey}`;
}

function decodeText(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
