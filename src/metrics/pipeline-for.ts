import { HeapCells } from '../../bridges/cells/heap-cells.js';
import { DisabledPipeline } from '../pipeline/disabled-pipeline.js';
import type { Pipeline } from '../pipeline/pipeline.js';
import { ProviderPipeline } from '../pipeline/provider-pipeline.js';
import { StorePipeline } from '../pipeline/store-pipeline.js';
import type { MetricsOptions } from './options.js';

const EXPORT_INTERVAL_MS = 10_000;

/**
 * The way out that checked options describe: stores or a queue of their own, else an application's
 * providers.
 */
export function pipelineFor(options: MetricsOptions): Pipeline {
  const {
    backend,
    queue,
    meterProvider,
    loggerProvider,
    mode,
    exportInterval = EXPORT_INTERVAL_MS,
    cells = new HeapCells(),
    onProblem,
    enabled,
    instance,
  } = options;
  if (enabled === false) return new DisabledPipeline();
  const target = backend ?? queue;
  if (target === undefined)
    return new ProviderPipeline(cells, meterProvider, loggerProvider, onProblem);
  const exporters = [...new Set([target].flat())];
  const interval = mode === 'individual' ? undefined : exportInterval;
  return new StorePipeline(exporters, cells, interval, onProblem, instance);
}
