import { createNoopMeter, type MeterProvider, metrics } from '@opentelemetry/api';
import { assertHas } from '../../bridges/assert-arguments.js';
import type { CellStore } from '../../bridges/cells/store.js';
import { observeCells } from '../../bridges/observe-cells.js';
import { tell } from '../../exporters/problems/tell.js';
import { clearInterval, setInterval } from '../../exporters/timing/real-timers.js';

const SCOPE = 'kaneda-otel/cantal';
/**
 * A global provider is looked for this often, in milliseconds: the API hands out no meter that
 * begins to work later.
 */
const LOOK_EVERY_MS = 1_000;

/**
 * Shows the cells on the given provider, or on the global one as soon as there is one. Never
 * throws: a provider that cannot show them is told of.
 */
export function observe(
  cells: CellStore,
  meterProvider: MeterProvider | undefined,
): { stop(): void } {
  let observation: { stop(): void } | undefined;
  const look = (): boolean => {
    try {
      const provider = meterProvider ?? metrics.getMeterProvider();
      assertHas(provider, 'getMeter', 'meterProvider has no getMeter()');
      const meter = provider.getMeter(SCOPE);
      if (meter === createNoopMeter()) return false;
      observation = observeCells(cells, meter);
    } catch (error) {
      tellUnfit(error);
    }
    return true;
  };
  if (look()) return { stop: () => observation?.stop() };
  const timer = setInterval(() => look() && clearInterval(timer), LOOK_EVERY_MS).unref();
  return {
    stop: () => {
      clearInterval(timer);
      observation?.stop();
    },
  };
}

function tellUnfit(error: unknown): void {
  const cause = error instanceof Error ? error : new Error(String(error));
  const remedy = 'give a MeterProvider of OpenTelemetry as meterProvider';
  tell({
    code: 'KANEDA_CELLS',
    message: `kaneda-otel: OpenTelemetry does not get the metrics: ${cause.message}; ${remedy}`,
    remedy,
    cause,
  });
}
