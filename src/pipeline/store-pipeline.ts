import type { MeterProvider } from '@opentelemetry/sdk-metrics';
import { CellCollector } from '../../bridges/cell-collector.js';
import type { CellStore } from '../../bridges/cells/store.js';
import { INTERNALS } from '../../exporters/delivery/internals.js';
import type { Ledger } from '../../exporters/delivery/ledger.js';
import type { OnProblem } from '../../exporters/problems/problem.js';
import { tell } from '../../exporters/problems/tell.js';
import type { ReportExporter } from '../../exporters/report-exporter.js';
import { notLoaded } from '../../exporters/setup/assert-installed.js';
import { exportsOf } from '../../exporters/setup/package-loading.js';
import { Deadline } from './deadline.js';
import { intervalReader } from './interval-reader.js';
import { addLedgers } from './ledger-sum.js';
import { Pace } from './pace.js';
import type { Pipeline } from './pipeline.js';
import { resourceFor } from './resource.js';
import { asReadable, type SingleRecord } from './single-record.js';

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
  readonly #onProblem: OnProblem | undefined;
  readonly #resource: ReturnType<typeof resourceFor>;
  #provider: Promise<MeterProvider> | undefined;

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
    this.#onProblem = onProblem;
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
    if (this.#provider === undefined && this.#interval !== undefined) {
      this.#provider = this.#begin(this.#interval);
      // Who flushes is told too; until then the numbers are safe in their cells.
      this.#provider.catch((cause: Error) => {
        const message = `kaneda-otel: numbers are not exported: ${cause.message}`;
        tell({ code: 'KANEDA_IMPROPERLY_CONFIGURED', message, cause }, this.#onProblem);
      });
    }
    return true;
  }

  emit(record: SingleRecord): boolean {
    const records = [asReadable(record, this.#resource)];
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

  async #begin(interval: number): Promise<MeterProvider> {
    const sdk = await import('@opentelemetry/sdk-metrics')
      .catch(notLoaded('Metrics', '@opentelemetry/sdk-metrics', '2'))
      .then(exportsOf);
    const reader = intervalReader(sdk, {
      exporters: this.exporters,
      collector: new CellCollector(this.cells, 'delta'),
      intervalMs: interval,
      pace: this.#pace,
    });
    return new sdk.MeterProvider({ resource: this.#resource, readers: [reader] });
  }

  /** A missing SDK was told at the first call, an outage by its exporter. */
  #isTold(error: unknown): boolean {
    const { code } = error as { code?: unknown };
    return (
      code === 'KANEDA_IMPROPERLY_CONFIGURED' ||
      (code === 'KANEDA_DEADLINE' && this.exporters.some(({ fault }) => fault !== undefined))
    );
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
