import type { MetricsOptions } from './options.js';

/** What the settings say about a `Metrics` that was given neither backend, queue nor provider. */
export function optionsFromSettings(): Pick<MetricsOptions, 'backend' | 'queue' | 'mode' | 'exportInterval'> {
  return {};
}
