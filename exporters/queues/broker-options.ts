import type { OptionFault } from '../faults.js';
import { addressOf, hostAndPort } from '../setup/address.js';
import { type OptionRule, onlyOneOf, rules } from '../setup/option-rules.js';
import { CLUSTER_REMEDY, isCluster } from './redis/cluster.js';

/**
 * A URL of one of these schemes, which a client reads as it was meant. Blanks and line breaks
 * around it have no meaning.
 */
export function urlOf(...schemes: readonly string[]): OptionRule {
  return (given) => {
    const value = typeof given === 'string' ? given.trim() : given;
    const scheme =
      typeof value === 'string'
        ? /^([a-z][a-z0-9+.-]*):\/\//i.exec(value)?.[1]?.toLowerCase()
        : undefined;
    if (scheme === undefined || !schemes.includes(scheme)) {
      return `must be a URL that begins with ${schemes.map((one) => `${one}://`).join(' or ')}`;
    }
    if (/[\r\n\t]/.test(value as string)) return LINE_BREAK;
    if (!URL.canParse(value as string)) return UNREADABLE;
    const parameter = parameterFault(new URL(value as string));
    if (parameter !== undefined) return parameter;
    return scheme === 'redis' || scheme === 'rediss'
      ? redisFault(new URL(value as string), scheme)
      : undefined;
  };
}

/** A URL's reader leaves out what it finds within, and connects with another password. */
const LINE_BREAK =
  'must not contain line breaks or tabs (in a password they are written %0A, %0D and %09)';

/**
 * Parameters of Python's clients that would be ignored, and one of ioredis that other clients do
 * not know.
 */
function parameterFault({ searchParams }: URL): string | undefined {
  for (const [name, value] of searchParams) {
    if (name === 'keyPrefix')
      return 'must not have a keyPrefix: other clients of the queue do not know it';
    if (/^ssl(_|$)/.test(name) && !/^(CERT_REQUIRED|required)$/.test(value))
      return `must not contain ${name}: certificates are always checked; name your authority in NODE_EXTRA_CA_CERTS, or pass a connection that is made with tls options`;
  }
  return undefined;
}

const UNREADABLE =
  'does not parse as a URL: percent-encode what is special in its user and password (/ is %2F, # is %23, ? is %3F, @ is %40, % is %25)';

/**
 * Checks the path, because ioredis turns a path that is not a number into a database NaN, and the
 * unhandled rejection ends the program.
 */
function redisFault(
  { username, password, pathname, search, hash, searchParams }: URL,
  scheme: string,
): string | undefined {
  // A password's special character ends the host: what should be the host then stands behind it.
  if (`${pathname}${search}${hash}`.includes('@') || !decodes(username) || !decodes(password))
    return UNREADABLE;
  const database = searchParams.get('db') ?? '0';
  // Two slashes are Celery's spelling of database 0; see `withDatabase`.
  if (/^(\/{0,2}|\/\d{1,9})$/.test(pathname) && /^\d{1,9}$/.test(database)) return undefined;
  return `must name the database by its number, or not at all: ${scheme}://host:port/<number>`;
}

function decodes(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

/** A connection of ioredis to one Redis, whose keys are those that Python's clients use. */
export function plainRedis(...methods: readonly string[]): OptionRule {
  return (value) =>
    rules.having(...methods)(value) ??
    (isCluster(value) ? `must not be a Cluster: ${CLUSTER_REMEDY}` : keyPrefixFault(value));
}

/**
 * A prefix that ioredis puts before each key hides the queue from other clients, and breaks
 * scripts.
 */
export function keyPrefixFault(connection: unknown): string | undefined {
  const options = Reflect.get(Object(connection), 'options') as
    | { keyPrefix?: unknown; redisOptions?: { keyPrefix?: unknown } }
    | undefined;
  const prefix = options?.keyPrefix ?? options?.redisOptions?.keyPrefix;
  // ioredis takes a Buffer too.
  return prefix
    ? `must not have a keyPrefix (it has '${prefix}'): other clients of the queue do not know it. Pass a connection of its own`
    : undefined;
}

/**
 * The broker's address without credentials: of each URL, or what a connection that was given says
 * of itself.
 */
export function targetOf(
  url: string | readonly string[] | undefined,
  given: object | undefined,
): string {
  if (url !== undefined)
    return (
      [url]
        .flat()
        // The default virtual host of AMQP goes without saying.
        .map((one) => addressOf(one.trim()).replace(/\/%2F$/, ''))
        .join(', ')
    );
  const { host, port } = (Reflect.get(given ?? {}, 'options') ?? {}) as {
    host?: unknown;
    port?: unknown;
  };
  return typeof host === 'string' && typeof port === 'number'
    ? `redis://${hostAndPort(host, port)}`
    : 'the connection that was given';
}

/**
 * The URL as ioredis reads it: `redis://host:port//`, which is database 0 for Celery, is a database
 * NaN for ioredis.
 */
export function withDatabase(given: string): string {
  const url = given.trim();
  const parsed = new URL(url);
  if (parsed.pathname !== '//') return url;
  parsed.pathname = '/';
  return parsed.href;
}

/** Faults unless exactly one of `ways` to reach the broker is among the options. */
export function oneWay(...ways: readonly string[]): (options: object) => OptionFault[] {
  return (options) => {
    const given = ways.filter((way) => Reflect.get(options, way) !== undefined);
    if (given.length === 0)
      return [{ kind: 'missing', path: ways.at(-1)!, options: ways, need: 'one' }];
    return onlyOneOf(options, ways);
  };
}
