import type { MeterProvider } from '@opentelemetry/sdk-metrics';
import { CellCollector } from '../../bridges/cell-collector.js';
import type { CellStore } from '../../bridges/cells/store.js';
import { INTERNALS } from '../../exporters/delivery/internals.js';
import type { Ledger } from '../../exporters/delivery/ledger.js';
import type { OnProblem } from '../../exporters/problems/problem.js';
import type { ReportExporter } from '../../exporters/report-exporter.js';
import type { SingleRecord } from '../../exporters/reports/single-record.js';
import { exportsOf } from '../../exporters/setup/package-loading.js';
import { Deadline } from './deadline.js';
import { IntervalCollection } from './interval-collection.js';
import { intervalReader } from './interval-reader.js';
import { addLedgers } from './ledger-sum.js';
import { Pace } from './pace.js';
import type { Pipeline } from './pipeline.js';
import { resourceFor } from './resource.js';

/** The part of a MeterProvider that is used; a collection without one has it too. */
type Provider = Pick<MeterProvider, 'forceFlush' | 'shutdown'>;

/**
 * Into stores or a queue of our own. Numbers are collected from the cells by a MeterProvider whose
 * reader has the interval; the SDK is loaded at the first call. Single records go to the exporters
 * at the call itself, so that they are in the outbox when it returns.
 */
export class StorePipeline implements Pipeline {
  readonly cells: CellStore;
  readonly exporters: readonly ReportExporter[];
  readonly #interval: number | undefined;
  readonly #pace: Pace;
  readonly #resource: ReturnType<typeof resourceFor>;
  #provider: Promise<Provider> | undefined;

  /**
   * @param interval milliseconds between collections of the cells; without one they are not
   * collected: every call is a record.
   * @param instance names this process in the reports.
   */
  constructor(
    exporters: readonly ReportExporter[],
    cells: CellStore,
    interval: number | undefined,
    onProblem?: OnProblem,
    instance?: string,
  ) {
    this.#resource = resourceFor(instance);
    this.cells = cells;
    this.exporters = exporters;
    this.#interval = interval;
    this.#pace = new Pace(exporters);
    for (const exporter of exporters) exporter[INTERNALS].attach({ onProblem });
  }

  get individual(): boolean {
    return this.#interval === undefined;
  }

  get textLimit(): number | undefined {
    // A copy of another version may have none.
    const limits = this.exporters.flatMap((exporter) => exporter[INTERNALS].textLimit ?? []);
    return limits.length === 0 ? undefined : Math.max(...limits);
  }

  wake(): boolean {
    if (this.#interval !== undefined) this.#provider ??= this.#begin(this.#interval);
    return true;
  }

  emit(record: SingleRecord): boolean {
    record.resource = this.#resource;
    const records = [record];
    for (const exporter of this.exporters) exporter.export(records, ignored);
    return true;
  }

  async flush(timeout: number): Promise<void> {
    const deadline = new Deadline(timeout);
    const collected = deadline.of(this.#collected(), 'the collection of numbers');
    // Events are flushed even where numbers cannot be collected.
    await collected.catch(() => undefined);
    await allDone([
      collected,
      ...this.exporters.map((exporter) => exporter.forceFlush({ timeout: deadline.left() })),
    ]);
  }

  async close(timeout: number): Promise<void> {
    const deadline = new Deadline(timeout);
    this.#pace.endWithin(timeout);
    try {
      await deadline.of(this.#stopped(), 'the collection of numbers');
    } catch (error) {
      if (!this.#isTold(error)) throw error;
    } finally {
      await allDone(
        this.exporters.map((exporter) => exporter[INTERNALS].detach({ timeout: deadline.left() })),
      );
    }
  }

  ledger(): Ledger {
    return addLedgers(this.exporters.map((exporter) => exporter.ledger()));
  }

  /** Never rejects: where a bundle cannot load the SDK, the collection works without a provider. */
  #begin(interval: number): Promise<Provider> {
    const collection = new IntervalCollection({
      exporters: this.exporters,
      collector: new CellCollector(this.cells, 'delta'),
      resource: this.#resource,
      intervalMs: interval,
      pace: this.#pace,
    });
    return import('@opentelemetry/sdk-metrics')
      .then((module) => {
        const sdk = exportsOf(module);
        const readers = [intervalReader(sdk, collection)];
        return new sdk.MeterProvider({ resource: this.#resource, readers });
      })
      .catch(() => collection);
  }

  /** An outage was told by its exporter. */
  #isTold(error: unknown): boolean {
    const { code } = error as { code?: unknown };
    return code === 'KANEDA_DEADLINE' && this.exporters.some(({ fault }) => fault !== undefined);
  }

  /** Called when the content of the cells has become reports. */
  async #collected(): Promise<void> {
    await (await this.#provider)?.forceFlush();
  }

  /** As {@link #collected}, for the last time. */
  async #stopped(): Promise<void> {
    await (await this.#provider)?.shutdown();
  }
}

const ignored = (): void => undefined;

/** Waits for all, whatever the others do, then rejects with the first fault. */
async function allDone(work: readonly Promise<void>[]): Promise<void> {
  for (const result of await Promise.allSettled(work))
    if (result.status === 'rejected') throw result.reason;
}
