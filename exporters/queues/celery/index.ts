export {
  type AmqpChannel,
  type AmqpConnection,
  CeleryQueue,
  type CeleryQueueOptions,
  type RedisConnection,
} from './queue.js';
