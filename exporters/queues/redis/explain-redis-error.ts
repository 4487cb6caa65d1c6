import { ImproperlyConfiguredError, SplitError } from '../../errors.js';
import { CLUSTER_REMEDY } from './cluster.js';
import { FULL, READ_ONLY } from './probe.js';

/** The errors of ioredis that persist until the set-up is changed. */
const MISCONFIGURED =
  /^(NOAUTH|WRONGPASS|NOPERM|ERR (invalid password|Client sent AUTH|AUTH|DB index|unknown command))/;

/** Of a node of a Cluster: the key is another node's, or the keys of one command are of several. */
const CLUSTERED = /^(MOVED|ASK|CROSSSLOT) |same slots allocation group|non local key in a cluster/;

/** Of a command alone, or of one within a script. */
const OUT_OF_MEMORY = /\bOOM command not allowed/;

/** A replica's, of a command alone, or of one within a script. */
const REPLICA =
  /\bREADONLY You can't write against a read only replica|Write commands are not allowed from read-only/;

/** Returns an error of Redis with what to do, where that is known; else the error itself. */
export function explainRedisError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  if (/invalid bulk length/.test(error.message))
    return new SplitError('larger than Redis takes (proto-max-bulk-len)', { cause: error });
  if (OUT_OF_MEMORY.test(error.message)) return new Error(FULL, { cause: error });
  if (REPLICA.test(error.message))
    return new ImproperlyConfiguredError(READ_ONLY, { cause: error });
  if (CLUSTERED.test(error.message))
    return new ImproperlyConfiguredError(
      `Redis is a Cluster (${error.message}): ${CLUSTER_REMEDY}`,
      { cause: error },
    );
  if (!MISCONFIGURED.test(error.message)) return error;
  const wrong = error.message.startsWith('ERR DB index')
    ? 'number of the database'
    : 'user, the password or the rights';
  return new ImproperlyConfiguredError(
    `Redis refuses (${error.message}): correct the ${wrong} in its URL`,
    { cause: error },
  );
}
