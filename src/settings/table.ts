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

/**
 * One setting: its type, and the option of which store or queue it becomes. `docs/settings.md` says
 * what each means.
 */
export interface Setting {
  readonly type: SettingType;
  /** A function of the settings further up, if the default depends on them. */
  readonly default?: unknown;
  readonly secret?: true;
  /** The store or queue whose constructor takes it … */
  readonly of?: Store | Queue;
  /** … and the option's path there. */
  readonly option?: string;
}

const of =
  (owner: Store | Queue) =>
  (option: string, settingType: SettingType, more: Partial<Setting> = {}) => ({
    of: owner,
    option,
    type: settingType,
    ...more,
  });
const elastic = of('elasticsearch');
const mongo = of('mongodb');
const rethink = of('rethinkdb');
const influx = of('influxdb');
const secret = { secret: true } as const;

/** Every setting by its name in a file; in the environment `KANEDA_` stands before it. */
export const SETTINGS: Readonly<Record<string, Setting>> = {
  BACKEND: { type: target },
  QUEUE: { type: target },
  DEBUG: { type: truthValue, default: false },
  APP_NAME: { type: text },
  DISTRIBUTIONS: { type: truthValue, default: true },
  INSTANCE: { type: text },
  LOGGER: {
    type: type(
      moduleOr('info'),
      'set it to the path of a module whose default export has info(object)',
      asIs,
    ),
    of: 'logger',
    option: 'logger',
  },
  LOGGER_FILENAME: of('logger')('filename', text),
  LOGGER_FORMAT: of('logger')('format', choice('json', 'kaneda'), { default: 'json' }),
  ELASTIC_INDEX_NAME: elastic('indexName', text, { default: 'kaneda' }),
  ELASTIC_APP_NAME: elastic('appName', text, {
    default: ({ APP_NAME }: Record<string, unknown>) => APP_NAME ?? 'default',
  }),
  ELASTIC_CONNECTION_URL: elastic('connectionUrl', texts, secret),
  ELASTIC_HOST: elastic('host', texts),
  ELASTIC_PORT: elastic('port', port),
  ELASTIC_USER: elastic('user', text),
  ELASTIC_PASSWORD: elastic('password', text, secret),
  ELASTIC_TIMEOUT: elastic('timeout', seconds, { default: 0.3 }),
  ELASTIC_API_KEY: elastic('apiKey', text, secret),
  ELASTIC_CA_FINGERPRINT: elastic('caFingerprint', text),
  MONGO_DB_NAME: mongo('dbName', text, { default: 'kaneda' }),
  MONGO_COLLECTION_NAME: mongo('collectionName', text, { default: 'default' }),
  MONGO_CONNECTION_URL: mongo('connectionUrl', text, secret),
  MONGO_HOST: mongo('host', text),
  MONGO_PORT: mongo('port', port),
  MONGO_USER: mongo('user', text),
  MONGO_PASSWORD: mongo('password', text, secret),
  MONGO_TIMEOUT: mongo('timeout', milliseconds, { default: 300 }),
  RETHINK_DB: rethink('db', text, { default: 'kaneda' }),
  RETHINK_TABLE_NAME: rethink('tableName', text),
  RETHINK_HOST: rethink('host', text),
  RETHINK_PORT: rethink('port', port),
  RETHINK_USER: rethink('user', text),
  RETHINK_PASSWORD: rethink('password', text, secret),
  RETHINK_TIMEOUT: rethink('timeout', seconds, { default: 0.3 }),
  INFLUX_DATABASE: influx('database', text, { default: 'kaneda' }),
  INFLUX_CONNECTION_URL: influx('connectionUrl', text, secret),
  INFLUX_HOST: influx('host', text),
  INFLUX_PORT: influx('port', port),
  INFLUX_USERNAME: influx('username', text),
  INFLUX_PASSWORD: influx('password', text, secret),
  INFLUX_TIMEOUT: influx('timeout', seconds, { default: 0.3 }),
  INFLUX_URL: influx('url', text, secret),
  INFLUX_TOKEN: influx('token', text, secret),
  INFLUX_ORG: influx('org', text),
  INFLUX_BUCKET: influx('bucket', text),
  OTLP_URL: of('otlp')('url', text, secret),
  OTLP_HEADERS: of('otlp')(
    'headers',
    type(
      textMap,
      'set it to key=value pairs separated by commas; in a file to an object of strings',
      headers,
    ),
    secret,
  ),
  CELERY_BROKER: of('celery')('broker', text, secret),
  CELERY_QUEUE_NAME: of('celery')(
    'queueName',
    type(rules.string, 'set it to a string, or remove it', asIs),
    { default: '' },
  ),
  RQ_REDIS_URL: of('rq')('redisUrl', text, secret),
  RQ_QUEUE_NAME: of('rq')('queueName', text, { default: 'kaneda' }),
  RQ_SERIALIZER: of('rq')('serializer', choice('pickle', 'json'), { default: 'pickle' }),
  BULLMQ_REDIS_URL: of('bullmq')('redisUrl', text, secret),
  BULLMQ_QUEUE_NAME: of('bullmq')('queueName', text, { default: 'kaneda' }),
  MODE: { type: choice('aggregate', 'individual'), default: 'aggregate' },
  EXPORT_INTERVAL: { type: milliseconds, default: 10_000 },
  OUTBOX_DIRECTORY: { type: text },
  OUTBOX_MAX_BYTES: {
    type: count,
    default: ({ OUTBOX_DIRECTORY }: Record<string, unknown>) =>
      OUTBOX_DIRECTORY === undefined ? MEMORY_BOUND_BYTES : DISK_BOUND_BYTES,
  },
  CONCURRENCY: { type: count },
  BATCH_SIZE: { type: count },
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
