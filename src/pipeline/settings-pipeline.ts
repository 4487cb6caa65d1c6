import type { CellStore } from '../../bridges/cells/store.js';
import type { Ledger } from '../../exporters/delivery/ledger.js';
import { tell } from '../../exporters/problems/tell.js';
import type { SingleRecord } from '../../exporters/reports/single-record.js';
import { emptyLedger } from './ledger-sum.js';
import type { Pipeline } from './pipeline.js';

/**
 * The pipeline that an application's settings describe. They are read at the first call or flush.
 * Where they are faulty, every call is refused with `settings`, and a flush rejects with the fault.
 */
export class SettingsPipeline implements Pipeline {
  readonly #make: () => Pipeline;
  #made: Pipeline | undefined;
  #fault: { readonly cause: unknown } | undefined;
  #closing: Promise<void> | undefined;
  readonly #tellClosed: (() => void)[] = [];

  /** @param make reads the settings and makes their pipeline; throws what is wrong with them. */
  constructor(make: () => Pipeline) {
    this.#make = make;
  }

  get cells(): CellStore {
    return this.#read().cells;
  }

  get exporters(): readonly object[] {
    return this.#made?.exporters ?? [];
  }

  get individual(): boolean {
    return this.#made?.individual ?? false;
  }

  get textLimit(): number | undefined {
    return this.#made?.textLimit;
  }

  get refusal(): Pipeline['refusal'] {
    if (this.#closing !== undefined) return 'closed';
    return this.#fault === undefined ? undefined : 'settings';
  }

  get abandoned(): number {
    return this.#made?.abandoned ?? 0;
  }

  wake(): boolean {
    try {
      return this.#closing === undefined && this.#read().wake();
    } catch {
      // The refusal says it.
      return false;
    }
  }

  /** Several copies of the package share a pipeline: each must know when another one closes it. */
  whenClosed(tell: () => void): void {
    this.#tellClosed.push(tell);
  }

  emit(record: SingleRecord): boolean {
    return this.#read().emit(record);
  }

  async flush(timeout: number): Promise<void> {
    await (this.#closing ?? this.#read().flush(timeout));
  }

  /** Settings that were never read, or are faulty, leave nothing to close. */
  close(timeout: number): Promise<void> {
    this.#closing ??= this.#made?.close(timeout) ?? Promise.resolve();
    for (const tell of this.#tellClosed.splice(0)) tell();
    return this.#closing;
  }

  tellIfNowhere(numbers: boolean): void {
    this.#made?.tellIfNowhere?.(numbers);
  }

  ledger(): Ledger {
    return this.#made?.ledger() ?? emptyLedger();
  }

  #read(): Pipeline {
    if (this.#fault !== undefined) throw this.#fault.cause;
    if (this.#made === undefined) {
      try {
        this.#made = this.#make();
      } catch (cause) {
        this.#fault = { cause };
        tellFault(cause);
        throw cause;
      }
    }
    return this.#made;
  }
}

function tellFault(fault: unknown): void {
  const cause = fault instanceof Error ? fault : new Error(String(fault));
  const message = `kaneda-otel: nothing is recorded, because the settings are faulty: ${cause.message} Run \`npx -p kaneda-otel kaneda check\`.`;
  tell({ code: 'KANEDA_SETTINGS', message, cause });
}
