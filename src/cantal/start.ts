import { choosePath } from '../../bridges/cells/system/default-paths.js';
import { workerThreads } from '../../bridges/cells/system/worker-threads.js';
import { anything, tellFaults } from '../../exporters/setup/option-rules.js';
import type { ActiveCollection } from './active-collection.js';
import { type CollectionStartOptions, globalCollection, START } from './collection.js';

/** Options of `start`. */
export interface StartOptions extends CollectionStartOptions {
  /**
   * The path to publish at, without suffix; default: `CANTAL_PATH`, else a name of this process's
   * own in a directory of this user's own.
   */
  path?: string | undefined;
}

/**
 * Publishes all metrics that name no collection of their own, those made before with the values
 * they have and those made later, and shows them to OpenTelemetry. Never throws: what cannot be
 * published stays in memory, and a warning is logged once; an unknown option is logged.
 *
 * In a worker thread the metrics go into the main thread's file, once that has one, with a `thread`
 * dimension. A cluster's workers get files of their own beside the primary's: `base.w1`, `base.w2`.
 */
export function start(options: StartOptions = {}): ActiveCollection {
  tellFaults('start', options, { ...START, path: anything });
  const { path, ...others } = options ?? {};
  return globalCollection.begin(
    () => (workerThreads().isMainThread ? choosePath(path) : path),
    others,
  );
}
