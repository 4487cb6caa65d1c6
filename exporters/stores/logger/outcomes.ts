import { ImproperlyConfiguredError } from '../../errors.js';

/** The remedies for a file that cannot be written, by the system's code. */
const REMEDIES: Readonly<Record<string, string>> = {
  ENOENT: 'its directory does not exist: create it',
  ENOTDIR: 'a part of its path is not a directory: correct `filename`',
  EISDIR: 'it is a directory: name a file',
  EACCES: 'no permission to write it: grant write access to this user',
  EPERM: 'no permission to write it: grant write access to this user',
  EROFS: 'its file system is read-only: choose another place',
};

/** Why a pipe, terminal or socket takes nothing for now. */
const WAITS: Readonly<Record<string, string>> = {
  ENXIO: 'no process reads it: start its reader',
  EPIPE: 'its reader has ended: start it again',
  EBADF: 'this descriptor is closed: name a file',
  ENOSPC: 'no space is left on its disk: make room',
  EDQUOT: 'the quota of its disk is used up: make room',
};

/**
 * The error to throw: a configuration fault with its remedy, or the error itself (no space, an
 * input or output error), which is tried again.
 */
export function classifyFailure(filename: string, error: unknown): unknown {
  const { code = '' } = Object(error) as { code?: string };
  const remedy = REMEDIES[code];
  if (remedy !== undefined)
    return new ImproperlyConfiguredError(`cannot write ${filename}: ${remedy}`, { cause: error });
  const cause = WAITS[code];
  return cause === undefined
    ? error
    : Object.assign(new Error(`cannot write ${filename}: ${cause}`, { cause: error }), { code });
}
