/** One fault in options or settings: where it is, what is wrong, and what to do about it. */
export interface Fault {
  /** The option or setting, as the user wrote it: `outbox.maxBytes`, `ELASTIC_HSOT`. */
  readonly path: string;
  readonly reason: string;
  readonly remedy: string;
}

/** Faulty options or settings, all faults at once in `faults`. Code `KANEDA_SETTINGS`. */
export class SettingsError extends Error {
  readonly code = 'KANEDA_SETTINGS';
  readonly faults: readonly Fault[];

  constructor(where: string, faults: readonly Fault[], options?: ErrorOptions) {
    super(
      `${where}: ${faults.map((fault) => `${fault.path}: ${fault.reason}; ${fault.remedy}`).join('. ')}.`,
      options,
    );
    this.name = 'SettingsError';
    this.faults = faults;
  }
}

/**
 * A store or queue cannot work as it is set up: its client is not installed, its credentials are wrong, a right is missing.
 * Thrown by a `write`, it is said once and the batch is retried slowly. Code `KANEDA_IMPROPERLY_CONFIGURED`.
 */
export class ImproperlyConfiguredError extends Error {
  readonly code = 'KANEDA_IMPROPERLY_CONFIGURED';

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ImproperlyConfiguredError';
  }
}

/** A deadline passed before everything was stored; what was not is still pending. Code `KANEDA_DEADLINE`. */
export class DeadlineError extends Error {
  readonly code = 'KANEDA_DEADLINE';

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'DeadlineError';
  }
}

/** Thrown by a `write`: the store refuses this batch for good. The batch is halved until the culprits stand alone. Code `KANEDA_REJECTED`. */
export class RejectedError extends Error {
  readonly code = 'KANEDA_REJECTED';

  constructor(reason: string, options?: ErrorOptions) {
    super(reason, options);
    this.name = 'RejectedError';
  }
}

/** Thrown by a `write`: the batch is too large for the store. It is halved; a single report that is still too large is rejected. Code `KANEDA_TOO_LARGE`. */
export class SplitError extends Error {
  readonly code = 'KANEDA_TOO_LARGE';

  constructor(reason: string, options?: ErrorOptions) {
    super(reason, options);
    this.name = 'SplitError';
  }
}
