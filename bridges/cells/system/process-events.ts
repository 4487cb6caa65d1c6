import type { Worker } from 'node:worker_threads';

type Event = 'exit' | 'worker';
type Handler = (...args: never[]) => void;

const handlers = new Map<Event, Set<Handler>>();

/**
 * Calls `handler` on an event of the process, until the function returned is called. One listener
 * for all that are interested, however many there are: Node warns of a leak from the eleventh on.
 */
export function onProcess(event: Event, handler: Handler): () => void {
  const known = handlers.get(event) ?? listen(event);
  known.add(handler);
  return () => {
    known.delete(handler);
    if (known.size === 0) unlisten(event);
  };
}

const listeners = new Map<Event, (...args: unknown[]) => void>();

function listen(event: Event): Set<Handler> {
  const known = new Set<Handler>();
  const tell = (...args: unknown[]): void => {
    for (const handler of [...known]) Reflect.apply(handler, undefined, args);
  };
  handlers.set(event, known);
  listeners.set(event, tell);
  process.on(event as 'exit', tell);
  return known;
}

function unlisten(event: Event): void {
  const tell = listeners.get(event);
  if (tell !== undefined) process.off(event, tell);
  handlers.delete(event);
  listeners.delete(event);
}

const ends = new WeakMap<Worker, (() => void)[]>();

/** Calls `ended` when a worker thread exits, by one listener a thread. */
export function onWorkerExit(worker: Worker, ended: () => void): void {
  const known = ends.get(worker);
  if (known !== undefined) {
    known.push(ended);
    return;
  }
  const all = [ended];
  ends.set(worker, all);
  worker.once('exit', () => {
    for (const one of all) one();
  });
}
