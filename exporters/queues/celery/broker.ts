import type { OptionRule } from '../../setup/option-rules.js';
import { urlOf } from '../broker-options.js';

/** Celery's spellings of AMQP, which name Python's client. */
const AMQP: Readonly<Record<string, 'amqp' | 'amqps'>> = {
  amqp: 'amqp',
  pyamqp: 'amqp',
  librabbitmq: 'amqp',
  amqps: 'amqps',
};

/** Forms of Celery's that ioredis takes as options only. */
const AS_CONNECTION: Readonly<Record<string, string>> = {
  sentinel:
    "new Redis({ sentinels: [{ host: 'host', port: 26379 }], name: 'mymaster', password: '…' })",
  'redis+socket': "new Redis({ path: '/var/run/redis.sock' })",
  unix: "new Redis({ path: '/var/run/redis.sock' })",
};

const isOneUrl = urlOf('redis', 'rediss', 'amqp', 'amqps');

/** The URLs in a broker of Celery's, which may list several for failover: `amqp://a;amqp://b`. */
export function brokerUrls(broker: string): string[] {
  return broker
    .trim()
    .split(/;\s*(?=[a-z][a-z0-9+.-]*:\/\/)/i)
    .map((url) => url.trim().replace(/;$/, ''))
    .map((url) => (isAmqpUrl(url) ? amqpUrl(url) : url));
}

/** True if a broker speaks AMQP; its first URL decides, as it does for Celery. */
export function isAmqpUrl(broker: string): boolean {
  return schemeOf(broker) in AMQP;
}

/** A broker as Celery's setting `broker_url` has it. */
export const brokerRule: OptionRule = (value) => {
  if (typeof value !== 'string') return isOneUrl(value);
  const urls = brokerUrls(value);
  const kinds = new Set(urls.map(isAmqpUrl));
  if (kinds.size > 1) return 'must list brokers of one kind: AMQP or Redis';
  for (const url of urls) {
    const fault = connectionFault(url) ?? isOneUrl(url);
    if (fault !== undefined) return fault;
  }
  return undefined;
};

function connectionFault(url: string): string | undefined {
  const scheme = schemeOf(url);
  const made = Object.hasOwn(AS_CONNECTION, scheme) ? AS_CONNECTION[scheme] : undefined;
  return made === undefined
    ? undefined
    : `must not begin with ${scheme}://: pass such a Redis as connection: ${made}`;
}

/**
 * The URL as amqplib reads it, with the meaning that it has for Celery: everything behind the first
 * slash is the virtual host, which is `/` where there is nothing; user and password are `guest`,
 * each where it is missing. Text that does not parse stays as it is. Source: kombu's
 * `kombu/utils/url.py` and `kombu/transport/pyamqp.py`; tried on kombu 5.6.
 */
function amqpUrl(text: string): string {
  const scheme = AMQP[schemeOf(text)]!;
  const url = text.replace(/^[^:]*/, scheme);
  if (!URL.canParse(url)) return url;
  const { username, password, hostname, port, pathname, search } = new URL(url);
  const host = `${hostname || 'localhost'}${port === '' ? '' : `:${port}`}`;
  return `${scheme}://${username || 'guest'}:${password || 'guest'}@${host}/${virtualHost(pathname)}${search}`;
}

function virtualHost(pathname: string): string {
  try {
    return encodeURIComponent(decodeURIComponent(pathname.slice(1)) || '/');
  } catch {
    return encodeURIComponent(pathname.slice(1));
  }
}

function schemeOf(url: string): string {
  return /^\s*([a-z][a-z0-9+.-]*):\/\//i.exec(url)?.[1]?.toLowerCase() ?? '';
}
