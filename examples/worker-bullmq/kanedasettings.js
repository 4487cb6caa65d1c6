// For both programs: the application needs the queue, the worker the queue and the store.
export const QUEUE = 'bullmq';
export const BULLMQ_REDIS_URL = 'redis://localhost:6379';
export const BACKEND = 'logger';
export const LOGGER_FILENAME = 'metrics.log';
export const APP_NAME = 'shop';
