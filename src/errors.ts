/**
 * The error classes that the package throws, each with a stable `code`. They live in the folder
 * that throws them; here is all of them.
 * @module
 */
export { CellFileError, DuplicateValueError } from '../bridges/cells/errors.js';
export {
  DeadlineError,
  type Fault,
  ImproperlyConfiguredError,
  MissingPackageError,
  RejectedError,
  SettingsError,
  SplitError,
} from '../exporters/errors.js';
export { MessageError } from '../exporters/queues/errors.js';
