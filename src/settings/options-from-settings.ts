import type { SettledBySettings } from '../metrics/options.js';
import { forApplication } from './build.js';
import { loadSettings } from './settings.js';

/**
 * Returns what the settings say about a `Metrics` that was given neither backend, queue nor
 * provider.
 * @throws SettingsError with all faults, ImproperlyConfiguredError when the chosen store's client
 * is not installed.
 */
export function optionsFromSettings(): SettledBySettings {
  return forApplication(loadSettings());
}
