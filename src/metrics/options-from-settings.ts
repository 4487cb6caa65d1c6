import { forApplication } from '../settings/build.js';
import { loadSettings } from '../settings/settings.js';
import type { SettledBySettings } from './options.js';

/**
 * Returns what the settings say about a `Metrics` that was given neither backend, queue nor
 * provider.
 * @throws SettingsError with all faults, ImproperlyConfiguredError when the chosen store's client
 * is not installed.
 */
export function optionsFromSettings(): SettledBySettings {
  return forApplication(loadSettings());
}
