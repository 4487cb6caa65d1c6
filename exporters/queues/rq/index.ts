export type { Serializer } from './message.js';
export { RQQueue, type RQQueueOptions } from './queue.js';
