import type { CellStore } from '../../bridges/cells/store.js';
import type { Ledger } from '../../exporters/delivery/ledger.js';
import type { SingleRecord } from '../../exporters/reports/single-record.js';

/**
 * The way out of a `Metrics`: to stores of its own, or into an OpenTelemetry set-up that belongs to
 * the application.
 */
export interface Pipeline {
  /** The store in which the numbers live and are observed. */
  readonly cells: CellStore;
  /**
   * The stores and queues that reports go to. None: an application's providers, or not known yet.
   */
  readonly exporters?: readonly object[];
  /** Each call is a report of its own. Known once {@link wake} was called. */
  readonly individual: boolean;
  /**
   * Bytes of the longest text that a store behind it keeps whole, where one says so. Known once
   * {@link wake} was called.
   */
  readonly textLimit?: number | undefined;
  /** The reason for which no call can be recorded, once {@link wake} was called. */
  readonly refusal?: 'settings' | 'closed' | 'disabled' | undefined;
  /**
   * A call is being recorded. The first one sets the pipeline going; `false` asks to be told of
   * further calls too, because something is still awaited. Never throws.
   */
  wake(): boolean;
  /** Takes an event, a custom or a single call. `false`: there is no room for it while it waits. */
  emit(record: SingleRecord): boolean;
  /**
   * Everything recorded so far is stored, spooled, or given to the application's providers.
   * @throws DeadlineError after `timeout` ms.
   */
  flush(timeout: number): Promise<void>;
  /** Calls `tell` when another user closes the pipeline. */
  whenClosed?(tell: () => void): void;
  /**
   * Flushes within `timeout` ms and lets go of stores and providers. Rejects with what went wrong
   * and nobody was told of.
   */
  close(timeout: number): Promise<void>;
  /** Events that were dropped at `close` because no provider was ever registered. */
  readonly abandoned?: number;
  /**
   * Tells, once, that no provider was registered for what was recorded. For the end of the program.
   * @param numbers whether numbers were recorded.
   */
  tellIfNowhere?(numbers: boolean): void;
  /** The ledger of the reports; `refused` is empty. */
  ledger(): Ledger;
}
