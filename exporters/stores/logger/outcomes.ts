import { ImproperlyConfiguredError } from '../../errors.js';
import { permissionRemedy } from '../../problems/permissions.js';

/** A reason for which a file is not written, and what to do. */
type Why = readonly [reason: string, remedy: string];
const NO_PERMISSION: Why = ['no permission to write it', 'grant write access to this user'];

/** The faults that an operator must correct, by the system's code. */
const FAULTS: Readonly<Record<string, Why>> = {
  ENOENT: ['its directory does not exist', 'create it'],
  ENOTDIR: ['a part of its path is not a directory', 'correct `filename`'],
  EISDIR: ['it is a directory', 'name a file'],
  ELOOP: ['its links lead in a circle', 'correct `filename`'],
  ENAMETOOLONG: ['its name is too long', 'correct `filename`'],
  EACCES: NO_PERMISSION,
  EPERM: NO_PERMISSION,
  EROFS: ['its file system is read-only', 'choose another place'],
};

/** The reasons for which a file, pipe, terminal or socket takes nothing for now. */
const WAITS: Readonly<Record<string, Why>> = {
  ENXIO: ['no process reads it', 'start its reader'],
  EPIPE: ['its reader has ended', 'start it again'],
  EBADF: ['this descriptor is closed', 'name a file'],
  ENOSPC: ['no space is left on its disk', 'free some space'],
  EDQUOT: ['the quota of its disk is used up', 'free some space'],
  EFBIG: ['it is as large as the system allows', 'rotate it'],
  EMFILE: ['this process has too many files open', 'close some, or raise its limit (ulimit -n)'],
  ENFILE: ['the system has too many files open', 'close some, or raise its limit'],
};

/**
 * The error to throw, which names the file where the system failed: a configuration fault with its
 * remedy, or a failure (no space, an input or output error) after which the write is tried again.
 * An abort stays as it is.
 */
export function classifyFailure(filename: string, error: unknown): unknown {
  const { code, message = '' } = Object(error) as { code?: unknown; message?: string };
  const right = permissionRemedy(error);
  if (typeof code !== 'string' && right === undefined) return error;
  const fault = right === undefined ? FAULTS[String(code)] : ([message, right] as const);
  const [reason, remedy] = fault ?? WAITS[String(code)] ?? [message || String(code), undefined];
  const text = [`cannot write ${filename}`, reason, remedy].filter(Boolean).join(': ');
  const options = { cause: error };
  return fault !== undefined
    ? Object.assign(new ImproperlyConfiguredError(text, options), { remedy })
    : Object.assign(new Error(text, options), { code, remedy });
}
