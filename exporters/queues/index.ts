export { MessageError } from './errors.js';
export { type Delivery, ReportQueue, type TakeContext } from './report-queue.js';
export { Worker, type WorkerOptions } from './worker/worker.js';
