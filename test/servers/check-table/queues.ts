import { Redis } from 'ioredis';
import {
  hostOf,
  missing,
  refused,
  silentAtTls,
  type Target,
  tlsAtPlain,
  unknown,
} from './cells.js';
import { as, PASSWORD, POOR, WRONG } from './servers.js';

const onRedis = (name: string, target: string, setting: string, client: string): Target => ({
  name,
  settings: (url) => ({ KANEDA_QUEUE: target, [setting]: url }),
  packages: [client],
  cells: {
    'a refused port': refused('redis'),
    'an unknown host': unknown('redis'),
    'another service at the port': {
      url: ({ influx }) => `redis://${hostOf(influx.url)}`,
      says: /another service listens at this port|that the port is this service/,
    },
    'TLS at a plain port': silentAtTls(({ redis }) => `rediss://${hostOf(redis.url)}`),
    'no TLS at a TLS port': {
      url: ({ tls }) => `redis://${tls.redis.host}`,
      says: /that it wants TLS or not as the URL says/,
    },
    'a wrong password': {
      url: ({ redis }) => as(redis.url, '', WRONG),
      says: /Redis refuses \(WRONGPASS.*correct the user, the password or the rights in its URL/,
    },
    'no password': {
      url: ({ redis }) => redis.url,
      says: /Redis refuses \(NOAUTH.*correct the user, the password or the rights in its URL/,
    },
    'a missing right': {
      url: ({ redis }) => as(redis.url, 'poor', POOR),
      says: /Redis refuses \(NOPERM.*correct the user, the password or the rights in its URL/,
      onlyByWriting: true,
    },
    'a missing package': missing('redis', client),
    'a wrong version': 'every Redis that these clients connect to has the commands that are used',
    'no room': {
      url: ({ redis }) => as(redis.url, '', PASSWORD),
      says: /Redis is full: raise maxmemory, or start workers/,
      cause: async ({ redis }) => {
        const admin = new Redis(as(redis.url, '', PASSWORD));
        await admin.config('SET', 'maxmemory', '1mb');
        return async () => {
          await admin.config('SET', 'maxmemory', '0');
          admin.disconnect();
        };
      },
    },
    'a store that takes no writes': {
      url: ({ redis }) => as(redis.url, '', PASSWORD),
      says: /Redis is a read-only replica: connect to its primary/,
      cause: async ({ redis }) => {
        const admin = new Redis(as(redis.url, '', PASSWORD));
        await admin.replicaof('127.0.0.1', 1);
        return async () => {
          await admin.replicaof('NO', 'ONE');
          admin.disconnect();
        };
      },
    },
  },
});

const celeryOnRabbit: Target = {
  name: 'Celery on RabbitMQ',
  settings: (url) => ({ KANEDA_QUEUE: 'celery', KANEDA_CELERY_BROKER: url }),
  packages: ['amqplib'],
  cells: {
    'a refused port': refused('amqp'),
    'an unknown host': unknown('amqp'),
    'another service at the port': {
      url: ({ influx }) => `amqp://${hostOf(influx.url)}`,
      says: /that the port is this service/,
    },
    'TLS at a plain port': tlsAtPlain(({ rabbit }) => `amqps://${hostOf(rabbit.url)}`),
    'no TLS at a TLS port': {
      url: ({ tls }) => `amqp://${tls.rabbit.host}`,
      says: /that it wants TLS or not as the URL says/,
    },
    'a wrong password': {
      url: ({ rabbit }) => as(rabbit.url, 'guest', WRONG),
      says: /the AMQP broker refuses .*correct the user, the password, the rights or the virtual host/,
    },
    'no password': {
      url: ({ rabbit }) => rabbit.url.replace('guest:guest@', 'poor@'),
      says: /the AMQP broker refuses .*correct the user, the password, the rights or the virtual host/,
    },
    'a missing right': {
      url: ({ rabbit }) => as(rabbit.url, 'poor', POOR),
      says: /the AMQP broker refuses .*correct the user, the password, the rights or the virtual host/,
      onlyByWriting: true,
    },
    'a missing package': missing('amqp', 'amqplib'),
    'a wrong version': 'every broker that amqplib connects to speaks AMQP 0-9-1',
    'no room': {
      url: ({ rabbit }) => rabbit.url,
      says: /the AMQP broker accepts no messages now \(.*(memory|disk).*start workers, or give it more memory and disk/,
      onlyByWriting: true,
      cause: async ({ rabbit }) => {
        rabbit.shortOfMemory(true);
        return () => rabbit.shortOfMemory(false);
      },
    },
    'a store that takes no writes': 'RabbitMQ has no such mode but the one above',
  },
};

export const QUEUES: readonly Target[] = [
  onRedis('RQ', 'rq', 'KANEDA_RQ_REDIS_URL', 'ioredis'),
  onRedis('BullMQ', 'bullmq', 'KANEDA_BULLMQ_REDIS_URL', 'bullmq'),
  onRedis('Celery on Redis', 'celery', 'KANEDA_CELERY_BROKER', 'ioredis'),
  celeryOnRabbit,
];
