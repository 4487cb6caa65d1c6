import type { SettledBySettings } from './options.js';

/** What the settings say about a `Metrics` that was given neither backend, queue nor provider. */
export function optionsFromSettings(): SettledBySettings {
  return {};
}
