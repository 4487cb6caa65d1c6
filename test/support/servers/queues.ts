import { BullMQQueue } from '../../../exporters/queues/bullmq/index.js';
import { CeleryQueue } from '../../../exporters/queues/celery/index.js';
import type { ReportQueue } from '../../../exporters/queues/index.js';
import { RQQueue } from '../../../exporters/queues/rq/index.js';
import { startRabbit } from './rabbitmq.js';
import { startRedis } from './redis.js';

/** The options that the tests of every queue give. */
export interface QueueOptions {
  readonly queueName?: string;
  readonly textLimit?: number;
}

/** How a queue's broker is started, and how the queue on its URL is made. */
export type QueueOnBroker = readonly [
  start: typeof startRedis,
  make: (url: string, options?: QueueOptions) => ReportQueue,
];

/** Every queue, on each kind of broker. */
export const QUEUES: Readonly<Record<string, QueueOnBroker>> = {
  RQ: [startRedis, (redisUrl, options) => new RQQueue({ ...options, redisUrl })],
  BullMQ: [startRedis, (redisUrl, options) => new BullMQQueue({ ...options, redisUrl })],
  'Celery on Redis': [startRedis, (broker, options) => new CeleryQueue({ ...options, broker })],
  'Celery on RabbitMQ': [startRabbit, (broker, options) => new CeleryQueue({ ...options, broker })],
};
