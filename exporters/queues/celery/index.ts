export { CeleryQueue, type CeleryQueueOptions } from './queue.js';
