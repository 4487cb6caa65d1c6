import type { Client, ClientOptions } from '@elastic/elasticsearch';
import { notLoaded } from '../../setup/assert-installed.js';
import { exportsOf } from '../../setup/package-loading.js';
import { type ElasticsearchExporterOptions, nodesOf } from './options.js';

/** Loads Elasticsearch's own client and makes one of these options. Nothing is sent yet. */
export async function makeClient(
  options: ElasticsearchExporterOptions,
  writeTimeout: number,
): Promise<Client> {
  const { Client } = await import('@elastic/elasticsearch')
    .catch(notLoaded('ElasticsearchExporter', '@elastic/elasticsearch', '8'))
    .then(exportsOf);
  return new Client(clientOptions(options, writeTimeout));
}

/**
 * The client's options: `timeout` is for connecting alone, and each address may have its own user.
 */
export function clientOptions(
  options: ElasticsearchExporterOptions,
  writeTimeout: number,
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
  return {
    nodes,
    requestTimeout: writeTimeout,
    // An option of undici, which the client hands on but has no type for.
    agent: { connect: { timeout: connectTimeout } } as NonNullable<ClientOptions['agent']>,
    // The client takes a TLS connection's options from here alone, the time for connecting
    // included.
    ...(secure ? { tls: { timeout: connectTimeout } } : {}),
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
