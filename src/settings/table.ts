import { DISK_BOUND_BYTES, MEMORY_BOUND_BYTES } from '../../exporters/delivery/outbox/bounds.js';
import { rules } from '../../exporters/setup/option-rules.js';
import {
  asIs,
  choice,
  count,
  headers,
  milliseconds,
  moduleOr,
  port,
  type SettingType,
  seconds,
  target,
  text,
  textMap,
  texts,
  truthValue,
  type,
} from './setting-types.js';

export type Store = 'elasticsearch' | 'mongodb' | 'rethinkdb' | 'influxdb' | 'logger' | 'otlp';
export type Queue = 'bullmq' | 'rq' | 'celery';

/** One setting: its type, what it means, and the option of which store or queue it becomes. */
export interface Setting {
  readonly type: SettingType;
  readonly meaning: string;
  /** A function of the settings further up, if the default depends on them. */
  readonly default?: unknown;
  /** For the reference page, where the default is not a value. */
  readonly defaultText?: string;
  readonly secret?: true;
  /** The store or queue whose constructor takes it … */
  readonly of?: Store | Queue;
  /** … and the option's path there. */
  readonly option?: string;
}

const of =
  (owner: Store | Queue) =>
  (option: string, settingType: SettingType, meaning: string, more: Partial<Setting> = {}) => ({
    of: owner,
    option,
    type: settingType,
    meaning,
    ...more,
  });
const elastic = of('elasticsearch');
const mongo = of('mongodb');
const rethink = of('rethinkdb');
const influx = of('influxdb');
const secret = { secret: true } as const;

/** Every setting by its name in a file; in the environment `KANEDA_` stands before it. */
export const SETTINGS: Readonly<Record<string, Setting>> = {
  BACKEND: {
    type: target,
    meaning: "The store: our name, Kaneda's class name or dotted path, or a module of your own.",
  },
  QUEUE: {
    type: target,
    meaning:
      'The queue, named likewise. With it the application enqueues, and BACKEND is what the worker stores to.',
  },
  DEBUG: {
    type: truthValue,
    default: false,
    meaning: 'Report everything to a logger instead of the store or queue.',
  },
  APP_NAME: {
    type: text,
    meaning: "The application's name in each report, to every store and queue.",
  },
  DISTRIBUTIONS: {
    type: truthValue,
    default: true,
    meaning:
      'Whether aggregated timings and histograms are stored with their buckets, which add up over reports.',
  },
  INSTANCE: {
    type: text,
    defaultText: '`service.instance.id` of `OTEL_RESOURCE_ATTRIBUTES`, else host and process id',
    meaning: 'The name of this process in each report.',
  },
  LOGGER: {
    type: type(
      'module path, or in a JavaScript file the logger itself',
      moduleOr('info'),
      'set it to the path of a module whose default export has info(object)',
      asIs,
    ),
    of: 'logger',
    option: 'logger',
    meaning: 'The logger for debug mode and the Logger store: anything with info(object).',
  },
  LOGGER_FILENAME: of('logger')(
    'filename',
    text,
    'The file that the Logger store, or debug mode, appends to.',
  ),
  LOGGER_FORMAT: of('logger')(
    'format',
    choice('json', 'kaneda'),
    "What the Logger store and debug mode write: JSON, or the lines of Python's Kaneda.",
    { default: 'json' },
  ),
  ELASTIC_INDEX_NAME: elastic('indexName', text, 'Index name; the day is appended.', {
    default: 'kaneda',
  }),
  ELASTIC_APP_NAME: elastic(
    'appName',
    text,
    "The application's name in each report to Elasticsearch.",
    {
      default: ({ APP_NAME }: Record<string, unknown>) => APP_NAME ?? 'default',
      defaultText: '`APP_NAME`, else `"default"`',
    },
  ),
  ELASTIC_CONNECTION_URL: elastic('connectionUrl', texts, 'URL, or several.', secret),
  ELASTIC_HOST: elastic('host', texts, 'Host, or several.'),
  ELASTIC_PORT: elastic('port', port, 'Port of the hosts.'),
  ELASTIC_USER: elastic('user', text, 'User.'),
  ELASTIC_PASSWORD: elastic('password', text, 'Password.', secret),
  ELASTIC_TIMEOUT: elastic('timeout', seconds, 'Seconds, for connecting.', { default: 0.3 }),
  ELASTIC_API_KEY: elastic('apiKey', text, 'API key, instead of user and password.', secret),
  ELASTIC_CA_FINGERPRINT: elastic(
    'caFingerprint',
    text,
    "SHA-256 fingerprint of the server's certificate authority.",
  ),
  MONGO_DB_NAME: mongo('dbName', text, 'Database.', { default: 'kaneda' }),
  MONGO_COLLECTION_NAME: mongo('collectionName', text, 'Collection.', { default: 'default' }),
  MONGO_CONNECTION_URL: mongo('connectionUrl', text, 'URL.', secret),
  MONGO_HOST: mongo('host', text, 'Host.'),
  MONGO_PORT: mongo('port', port, 'Port.'),
  MONGO_USER: mongo('user', text, 'User.'),
  MONGO_PASSWORD: mongo('password', text, 'Password.', secret),
  MONGO_TIMEOUT: mongo('timeout', milliseconds, 'Milliseconds, for connecting.', { default: 300 }),
  RETHINK_DB: rethink('db', text, 'Database.', { default: 'kaneda' }),
  RETHINK_TABLE_NAME: rethink(
    'tableName',
    text,
    'Table; without it, a table for each metric type.',
  ),
  RETHINK_HOST: rethink('host', text, 'Host.'),
  RETHINK_PORT: rethink('port', port, 'Port.'),
  RETHINK_USER: rethink('user', text, 'User.'),
  RETHINK_PASSWORD: rethink('password', text, 'Password.', secret),
  RETHINK_TIMEOUT: rethink('timeout', seconds, 'Seconds, for connecting.', { default: 0.3 }),
  INFLUX_DATABASE: influx('database', text, 'Database (InfluxDB 1).', { default: 'kaneda' }),
  INFLUX_CONNECTION_URL: influx(
    'connectionUrl',
    text,
    'influxdb://user:password@host:8086/database; also http, https, https+influxdb.',
    secret,
  ),
  INFLUX_HOST: influx('host', text, 'Host.'),
  INFLUX_PORT: influx('port', port, 'Port.'),
  INFLUX_USERNAME: influx('username', text, 'User.'),
  INFLUX_PASSWORD: influx('password', text, 'Password.', secret),
  INFLUX_TIMEOUT: influx('timeout', seconds, 'Seconds, for connecting.', { default: 0.3 }),
  INFLUX_URL: influx('url', text, 'URL of InfluxDB 2 or 3.', secret),
  INFLUX_TOKEN: influx('token', text, 'Token of InfluxDB 2 or 3.', secret),
  INFLUX_ORG: influx('org', text, 'Organisation (InfluxDB 2).'),
  INFLUX_BUCKET: influx('bucket', text, 'Bucket (InfluxDB 2), or database (InfluxDB 3).'),
  OTLP_URL: of('otlp')(
    'url',
    text,
    "Base address of the collector; without it, OpenTelemetry's own OTEL_EXPORTER_OTLP_* variables.",
    secret,
  ),
  OTLP_HEADERS: of('otlp')(
    'headers',
    type(
      'object of strings; key=value pairs separated by commas',
      textMap,
      'set it to key=value pairs separated by commas; in a file to an object of strings',
      headers,
    ),
    'Headers.',
    secret,
  ),
  CELERY_BROKER: of('celery')('broker', text, 'Broker URL: redis, rediss, amqp or amqps.', secret),
  CELERY_QUEUE_NAME: of('celery')(
    'queueName',
    type('text', rules.string, 'set it to a text, or remove it', asIs),
    "Queue; empty is Celery's own default, celery.",
    { default: '' },
  ),
  RQ_REDIS_URL: of('rq')('redisUrl', text, 'Redis URL.', secret),
  RQ_QUEUE_NAME: of('rq')('queueName', text, 'Queue.', { default: 'kaneda' }),
  RQ_SERIALIZER: of('rq')('serializer', choice('pickle', 'json'), 'How jobs are written.', {
    default: 'pickle',
  }),
  BULLMQ_REDIS_URL: of('bullmq')('redisUrl', text, 'Redis URL.', secret),
  BULLMQ_QUEUE_NAME: of('bullmq')('queueName', text, 'Queue.', { default: 'kaneda' }),
  MODE: {
    type: choice('aggregate', 'individual'),
    default: 'aggregate',
    meaning: 'One report a series and interval, or one a call.',
  },
  EXPORT_INTERVAL: {
    type: milliseconds,
    default: 10_000,
    meaning: 'Milliseconds between reports.',
  },
  OUTBOX_DIRECTORY: {
    type: text,
    meaning: 'Where reports wait on disk until the store has them; without it, in memory.',
  },
  OUTBOX_MAX_BYTES: {
    type: count,
    default: ({ OUTBOX_DIRECTORY }: Record<string, unknown>) =>
      OUTBOX_DIRECTORY === undefined ? MEMORY_BOUND_BYTES : DISK_BOUND_BYTES,
    defaultText: '64 MiB in memory, 1 GiB with `OUTBOX_DIRECTORY`',
    meaning: 'The most that may wait, in bytes; then the oldest goes.',
  },
  CONCURRENCY: { type: count, meaning: 'Batches that a worker stores at once.' },
  BATCH_SIZE: { type: count, meaning: 'Reports in a batch of the worker.' },
};

/**
 * For each store and queue the settings of which one at least is needed to reach it; those that are
 * not here need none.
 */
export const NEEDED: Readonly<Partial<Record<Store | Queue, readonly string[]>>> = {
  elasticsearch: ['ELASTIC_CONNECTION_URL', 'ELASTIC_HOST'],
  mongodb: ['MONGO_CONNECTION_URL', 'MONGO_HOST'],
  rethinkdb: ['RETHINK_HOST'],
  influxdb: ['INFLUX_CONNECTION_URL', 'INFLUX_HOST', 'INFLUX_URL'],
  celery: ['CELERY_BROKER'],
  rq: ['RQ_REDIS_URL'],
  bullmq: ['BULLMQ_REDIS_URL'],
};

const names = (owner: Store | Queue, ...more: string[]) =>
  more.map((name) => [name, owner] as const);
/**
 * Every name of a store in lower case: ours, Kaneda's class and its short form. A dotted path is
 * known by its last part.
 */
export const STORES: ReadonlyMap<string, Store> = new Map([
  ...names('elasticsearch', 'elasticsearch', 'elasticsearchbackend', 'elastic'),
  ...names('mongodb', 'mongodb', 'mongobackend', 'mongo'),
  ...names('rethinkdb', 'rethinkdb', 'rethinkbackend', 'rethink'),
  ...names('influxdb', 'influxdb', 'influxbackend', 'influx'),
  ...names('logger', 'logger', 'loggerbackend'),
  ...names('otlp', 'otlp', 'otlpbackend'),
] as [string, Store][]);
export const QUEUES: ReadonlyMap<string, Queue> = new Map([
  ...names('bullmq', 'bullmq', 'bullmqqueue'),
  ...names('rq', 'rq', 'rqqueue'),
  ...names('celery', 'celery', 'celeryqueue'),
] as [string, Queue][]);
