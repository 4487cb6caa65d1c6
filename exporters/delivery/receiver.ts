import type { Report } from '../reports/report.js';
import type { Exported } from '../reports/to-reports.js';
import type { Unmade } from '../reports/unmade.js';
import type { Callers } from './callers.js';
import { type Converter, Intake } from './intake.js';
import { type Counts, type Signal, signalOf } from './ledger.js';
import type { Notices } from './notices.js';
import type { Outbox } from './outbox/outbox.js';

/** The answer to an `export`: OpenTelemetry's `ExportResultCode`, and why it failed. */
export interface ExportResult {
  /** 0 for success, 1 for failure: OpenTelemetry's `ExportResultCode`. */
  code: number;
  /** The reason of a failure. */
  error?: Error;
}

/** `ExportResultCode`: numbers, because the enum would load the SDK. */
const SUCCESS: ExportResult = { code: 0 };
const FAILED = 1;

const CLOSED = 'closed';
const LATE = 'reports came after it was closed';

/** The parts that a receiver works with. */
export interface ReceiverParts {
  readonly name: string;
  readonly counts: Counts;
  readonly callers: Callers;
  readonly notices: Notices;
  readonly outbox: Outbox;
  /** Called when there may be something to write. */
  readonly wake: () => void;
  /** True while the outbox has little room, and gets more. */
  readonly mustWait: () => boolean;
}

/**
 * Takes what is handed to an exporter, makes reports of it and puts them into the outbox; after
 * {@link close} it counts them as dropped.
 */
export class Receiver {
  readonly #parts: ReceiverParts;
  readonly intake: Intake;
  #closed = false;

  constructor(parts: ReceiverParts, convert: Converter) {
    this.#parts = parts;
    this.intake = new Intake(convert, {
      made: (reports, signal) => this.accept(reports, signal),
      unmade: parts.outbox.addUnmade === undefined ? undefined : (run) => this.#acceptUnmade(run),
      mustWait: () => !this.#closed && parts.mustWait(),
    });
  }

  /**
   * Takes OpenTelemetry's data. `done` is told of success once the outbox has it, of a failure only
   * after the close.
   */
  receive(data: Exported, done: (result: ExportResult) => void): void {
    const { callers, outbox, wake, name } = this.#parts;
    callers.exported(Array.isArray(data) ? 'logs' : 'metrics');
    if (this.#closed) {
      // Still made into reports, so that each is counted as dropped.
      const error = new Error(`${name} is shut down`);
      this.intake.add(data, () => done({ code: FAILED, error }));
      return;
    }
    // A `Metrics` attaches itself; without one, metrics come from a reader.
    if (callers.attached === 0 && !Array.isArray(data)) callers.reads();
    // With a directory it has them once they are on disk, or cannot be.
    const taken = (): void => done(SUCCESS);
    this.intake.add(data, () => void (outbox.spooled()?.then(taken) ?? taken()));
    // What an earlier process left is delivered even if there is nothing new.
    wake();
  }

  /**
   * Puts ready, valid reports into the outbox. Never throws and never waits.
   * @param signal of all of them; default: what the id of each says.
   */
  accept(reports: readonly Report[], signal?: Signal): void {
    const { counts, notices, outbox, wake } = this.#parts;
    for (const report of reports) counts.accept(signal ?? signalOf(report));
    if (this.#closed) {
      for (const report of reports) counts.drop(signal ?? signalOf(report), CLOSED);
      notices.dropped(LATE);
      return;
    }
    outbox.add(reports, signal);
    wake();
  }

  #acceptUnmade(unmade: Unmade): void {
    const { counts, notices, outbox, wake } = this.#parts;
    counts.accept('metric_data_point', unmade.count);
    if (this.#closed) {
      for (let i = 0; i < unmade.count; i++) counts.drop('metric_data_point', CLOSED);
      notices.dropped(LATE);
      return;
    }
    outbox.addUnmade!(unmade);
    wake();
  }

  /** Nothing goes into the outbox any more. */
  close(): void {
    this.#closed = true;
    this.intake.goOn();
  }
}
