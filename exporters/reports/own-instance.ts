import { hostname } from 'node:os';
import { isMainThread, threadId } from 'node:worker_threads';

let own: string | undefined;

/** This process among all: `host:pid`, in a worker thread `host:pid:thread`. The same text for as long as it runs. */
export function ownInstance(): string {
  // Not at load: in a startup snapshot all processes would be alike.
  own ??= `${hostname()}:${process.pid}${isMainThread ? '' : `:${threadId}`}`;
  return own;
}
