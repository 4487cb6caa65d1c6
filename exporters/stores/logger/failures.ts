import { ImproperlyConfiguredError } from '../../errors.js';

/** What somebody has to mend before a file can be written, by the system's code. */
const REMEDIES: Readonly<Record<string, string>> = {
  ENOENT: 'its directory does not exist: create it',
  ENOTDIR: 'a part of its path is no directory: correct `filename`',
  EISDIR: 'it is a directory: name a file',
  EACCES: 'it may not be written: grant the right',
  EPERM: 'it may not be written: grant the right',
  EROFS: 'its file system is read-only: choose another place',
};

/** The error to throw: a configuration fault with its remedy, or the error itself (no space, an input or output error), which is tried again. */
export function fileFailure(filename: string, error: unknown): unknown {
  const remedy = REMEDIES[(error as NodeJS.ErrnoException).code ?? ''];
  return remedy === undefined
    ? error
    : new ImproperlyConfiguredError(`cannot write ${filename}: ${remedy}`, { cause: error });
}
