import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

type Collector = (options?: { type: 'minor' }) => void;

let collector: Collector | undefined;

/** Runs V8's garbage collector at once: over all objects, or over the young ones only. */
export function collectGarbage(which: 'all' | 'young' = 'all'): void {
  if (collector === undefined) {
    setFlagsFromString('--expose-gc');
    collector = runInNewContext('gc') as Collector;
  }
  if (which === 'all') collector();
  else collector({ type: 'minor' });
}
