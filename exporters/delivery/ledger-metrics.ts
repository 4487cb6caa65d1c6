import type { BatchObservableResult, MeterProvider, Observable } from '@opentelemetry/api';
import { createNoopMeter, metrics } from '@opentelemetry/api';
import { LEDGER_SCOPE } from '../reports/scopes.js';
import type { Counts, Signal } from './ledger.js';

const SIGNALS: readonly Signal[] = ['metric_data_point', 'log'];

/** Returns true for the API's stand-in for a provider that is not there yet. */
function isNoop(provider: MeterProvider): boolean {
  return provider.getMeter(LEDGER_SCOPE) === createNoopMeter();
}

/** Shows a ledger as OpenTelemetry metrics, on one provider at a time. */
export class LedgerObserver {
  readonly #counts: Counts;
  readonly #component: { readonly type: string; readonly name: string };
  #observed: { stop(): void } | undefined;
  #stopped = false;

  constructor(counts: Counts, component: { readonly type: string; readonly name: string }) {
    this.#counts = counts;
    this.#component = component;
  }

  /** Shows it on this provider, and no longer on another. */
  observe(provider: MeterProvider): void {
    this.#observed?.stop();
    this.#observed = observeCounts(this.#counts, this.#component, provider);
  }

  /** Shows it on the global provider, if there is one and it is not shown yet. */
  observeGlobal(): void {
    if (this.#observed !== undefined || this.#stopped) return;
    const provider = metrics.getMeterProvider();
    if (!isNoop(provider)) this.observe(provider);
  }

  /** Shows it no longer. */
  stop(): void {
    this.#stopped = true;
    this.#observed?.stop();
  }
}

/**
 * Shows a ledger as OpenTelemetry metrics, named as the semantic conventions for SDKs name them:
 * https://opentelemetry.io/docs/specs/semconv/otel/sdk-metrics/. What failed carries its reason as
 * `error.type`.
 */
function observeCounts(
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
      description: 'Reports that are finished: stored, or failed with error.type.',
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
