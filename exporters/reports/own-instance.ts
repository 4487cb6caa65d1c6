import { ownHost } from './own-host.js';

let own: string | undefined;

/**
 * This process among all: `host:pid`, in a worker thread `host:pid:thread`. The same text for as
 * long as it runs.
 */
export function ownInstance(): string {
  // Not at load: in a startup snapshot all processes would be alike, and worker threads are slow to
  // load.
  const { isMainThread, threadId } = process.getBuiltinModule('node:worker_threads');
  own ??= `${ownHost()}:${process.pid}${isMainThread ? '' : `:${threadId}`}`;
  return own;
}
