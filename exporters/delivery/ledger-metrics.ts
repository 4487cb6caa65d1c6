import type { BatchObservableResult, MeterProvider, Observable } from '@opentelemetry/api';
import { createNoopMeter } from '@opentelemetry/api';
import type { Counts, Signal } from './ledger.js';

/** The scope of our own counts. Reports are never made of it: they would count themselves. */
export const LEDGER_SCOPE = 'kaneda-otel/exporters';
const SIGNALS: readonly Signal[] = ['metric_data_point', 'log'];

/** Whether a provider is the API's stand-in for one that is not there yet. */
export function isNoop(provider: MeterProvider): boolean {
  return provider.getMeter(LEDGER_SCOPE) === createNoopMeter();
}

/**
 * Shows a ledger as OpenTelemetry metrics, named as the semantic conventions for SDKs name them:
 * https://opentelemetry.io/docs/specs/semconv/otel/sdk-metrics/. What failed carries its reason as `error.type`.
 */
export function observeCounts(
  counts: Counts,
  component: { type: string; name: string },
  provider: MeterProvider,
): { stop(): void } {
  const meter = provider.getMeter(LEDGER_SCOPE);
  const attributes = {
    'otel.component.type': component.type,
    'otel.component.name': component.name,
  };
  const instruments = SIGNALS.map((signal) => {
    const unit = signal === 'log' ? '{log_record}' : '{data_point}';
    const exported = meter.createObservableCounter(`otel.sdk.exporter.${signal}.exported`, {
      unit,
      description: 'Reports that are done with: stored, or failed with error.type.',
    });
    const inflight = meter.createObservableUpDownCounter(`otel.sdk.exporter.${signal}.inflight`, {
      unit,
      description: 'Reports that wait for the store.',
    });
    return { signal, exported, inflight };
  });
  const observables: Observable[] = instruments.flatMap(({ exported, inflight }) => [
    exported,
    inflight,
  ]);
  const observe = (result: BatchObservableResult): void => {
    for (const { signal, exported, inflight } of instruments) {
      const tally = counts.signals[signal];
      result.observe(exported, tally.stored, attributes);
      for (const [reason, count] of tally.failed)
        result.observe(exported, count, { ...attributes, 'error.type': reason });
      result.observe(inflight, tally.pending, attributes);
    }
  };
  meter.addBatchObservableCallback(observe, observables);
  return { stop: () => meter.removeBatchObservableCallback(observe, observables) };
}
