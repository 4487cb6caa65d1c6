/** Node's worker threads, which take a while to load: not before cells are published. */
export const workerThreads = (): typeof import('node:worker_threads') =>
  process.getBuiltinModule('node:worker_threads');
