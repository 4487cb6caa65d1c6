import { SettingsPipeline } from '../pipeline/settings-pipeline.js';
import type { SharedParts } from './lifetime.js';
import { Metrics } from './metrics.js';
import { completeOptions } from './options.js';
import { optionsFromSettings } from './options-from-settings.js';
import { pipelineFor } from './pipeline-for.js';
import { Refusals } from './refusals.js';

/**
 * Several copies of the package in one tree share the parts: two would collect and export the same
 * program twice.
 */
const SHARED = Symbol.for('kaneda-otel.metrics.1');
const copies = globalThis as { [SHARED]?: SharedParts };

copies[SHARED] ??= {
  pipeline: new SettingsPipeline(() => pipelineFor(completeOptions({}, optionsFromSettings))),
  refusals: new Refusals(),
};

/**
 * The ready-made metrics of an application, set up by its settings (a `kanedasettings` file and
 * `KANEDA_` variables; without either, by the global MeterProvider). Nothing is read or started
 * before its first use. Faulty settings never make a recording call throw: such calls are counted
 * under `refused.settings` and told once, and `flush()` rejects with the `SettingsError`.
 */
export const metrics: Metrics = new Metrics({}, copies[SHARED]);
