import { describeFault, type Fault, type OptionFault, type OptionNames } from './faults.js';

export type { Fault } from './faults.js';

/** A fault as a sentence; a remedy may be a question. */
function sentence({ path, reason, remedy }: Fault): string {
  return `${path}: ${reason}; ${remedy}${remedy.endsWith('?') ? '' : '.'}`;
}

/** Faulty options or settings, all faults at once in `faults`. Code `KANEDA_SETTINGS`. */
export class SettingsError extends Error {
  /** Always `KANEDA_SETTINGS`. */
  readonly code = 'KANEDA_SETTINGS';
  /** All faults, each with its place and a remedy. */
  readonly faults: readonly Fault[];
  readonly #given: readonly (Fault | OptionFault)[];

  constructor(where: string, given: readonly (Fault | OptionFault)[], options?: ErrorOptions) {
    const faults = given.map((fault) => describeFault(fault));
    super([`${where}:`, ...faults.map(sentence)].join(' '), options);
    this.name = 'SettingsError';
    this.faults = faults;
    this.#given = given;
  }

  /** @internal The faults in other names than those of options. */
  faultsNamed(names: OptionNames): Fault[] {
    return this.#given.map((fault) => describeFault(fault, names));
  }
}

/**
 * A store or queue cannot work as it is set up: its client is not installed, its credentials are
 * wrong, a right is missing. Thrown by a `write`, it is logged once and the batch is retried
 * slowly. Code `KANEDA_IMPROPERLY_CONFIGURED`.
 */
export class ImproperlyConfiguredError extends Error {
  /** Always `KANEDA_IMPROPERLY_CONFIGURED`. */
  readonly code = 'KANEDA_IMPROPERLY_CONFIGURED';

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ImproperlyConfiguredError';
  }
}

/**
 * An optional package is needed and not installed. Code `KANEDA_IMPROPERLY_CONFIGURED`; its `name`
 * too is that of `ImproperlyConfiguredError`, by which another copy of this package can know it.
 */
export class MissingPackageError extends ImproperlyConfiguredError {
  /** The package's name on npm. */
  readonly package: string;
  /** The versions that serve: `7`. */
  readonly range: string;
  /**
   * The exporter, queue or part that needs it: `MongoExporter`; `outbox` for an outbox with a
   * directory.
   */
  readonly neededBy: string;

  constructor(
    needed: { readonly package: string; readonly range: string; readonly neededBy: string },
    options?: ErrorOptions,
  ) {
    const who = needed.neededBy === 'outbox' ? 'An outbox with a directory' : needed.neededBy;
    super(`${who} needs the package ${needed.package}: ${installCommand(needed)}`, options);
    this.package = needed.package;
    this.range = needed.range;
    this.neededBy = needed.neededBy;
  }

  /** The fault of the setting, or option, that asks for the package. */
  asFault(path: string): Fault {
    const { neededBy, package: name } = this;
    return {
      path,
      reason: `${neededBy === 'outbox' ? 'an outbox with a directory' : neededBy} needs the package ${name}`,
      remedy: installCommand(this),
    };
  }
}

const installCommand = (needed: { readonly package: string; readonly range: string }): string =>
  `run \`npm install ${needed.package}@${needed.range}\``;

/**
 * A deadline passed before everything was stored; what was not is still pending. Code
 * `KANEDA_DEADLINE`.
 */
export class DeadlineError extends Error {
  /** Always `KANEDA_DEADLINE`. */
  readonly code = 'KANEDA_DEADLINE';

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'DeadlineError';
  }
}

/**
 * Thrown by a `write`: the store refuses this batch and will refuse it again. The batch is halved
 * until the faulty reports are alone, and those are rejected. Code `KANEDA_REJECTED`.
 */
export class RejectedError extends Error {
  /** Always `KANEDA_REJECTED`. */
  readonly code = 'KANEDA_REJECTED';

  constructor(reason: string, options?: ErrorOptions) {
    super(reason, options);
    this.name = 'RejectedError';
  }
}

/**
 * Thrown by a `write`: the batch is too large for the store. It is halved; a single report that is
 * still too large is rejected. Code `KANEDA_TOO_LARGE`.
 */
export class SplitError extends Error {
  /** Always `KANEDA_TOO_LARGE`. */
  readonly code = 'KANEDA_TOO_LARGE';

  constructor(reason: string, options?: ErrorOptions) {
    super(reason, options);
    this.name = 'SplitError';
  }
}
