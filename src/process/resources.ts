import { readdirSync } from 'node:fs';
import type { Source, Target } from './source.js';

/** The open files of this process on Linux. */
const DESCRIPTORS = '/proc/self/fd';

/**
 * The resources that keep the process busy or alive: Node's active resources by type, and open file
 * descriptors where they can be counted. `nodejs.active_resources` is a name of ours: OpenTelemetry
 * has none.
 */
export class Resources implements Source {
  readonly descriptions = {
    'nodejs.active_resources': {
      unit: '{resource}',
      description: 'Resources that keep the event loop alive, by type.',
    },
    'process.unix.file_descriptor.count': {
      unit: '{file_descriptor}',
      description: 'File descriptors in use.',
    },
  };
  /** Types seen so far: one that is gone is 0. */
  readonly #types = new Set<string>();

  start(): void {}

  sample(metrics: Target): void {
    const counts = new Map<string, number>();
    for (const type of process.getActiveResourcesInfo()) {
      this.#types.add(type);
      counts.set(type, (counts.get(type) ?? 0) + 1);
    }
    for (const type of this.#types)
      metrics.gauge('nodejs.active_resources', counts.get(type) ?? 0, {
        'nodejs.resource.type': type,
      });
    const descriptors = countDescriptors();
    if (descriptors !== undefined) metrics.gauge('process.unix.file_descriptor.count', descriptors);
  }

  stop(): void {}
}

function countDescriptors(): number | undefined {
  if (process.platform !== 'linux') return undefined;
  try {
    // The folder itself is open while it is read.
    return readdirSync(DESCRIPTORS).length - 1;
  } catch {
    return undefined;
  }
}
