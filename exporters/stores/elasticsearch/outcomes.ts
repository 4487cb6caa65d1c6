import type { Outcome } from '../../delivery/batch-writer.js';
import { ImproperlyConfiguredError, RejectedError, SplitError } from '../../errors.js';

/** What the bulk API answers for one document, as much of it as is asked for. */
export interface BulkItem {
  readonly status: number;
  readonly error?: { readonly type?: string; readonly reason?: string };
}

/** What stands in the way of a whole index, and what lifts it. A cluster that is full answers `validation_exception`. */
const OBSTACLES: Readonly<Record<string, string>> = {
  cluster_block_exception: 'lift the block on the index',
  index_closed_exception: 'open the index',
  validation_exception:
    'let the cluster have more shards (cluster.max_shards_per_node), or delete old indices',
};

/**
 * What becomes of one document. `obstructed`: a right is missing, or the index takes nothing as it is; the report waits until
 * that is mended.
 * @param late the document belongs to the index of a past day: one that takes no more writes will not do so again.
 */
export function outcomeOf({ status, error }: BulkItem, late = false): Outcome | 'obstructed' {
  if (status < 300) return 'stored';
  // The id is there already: an earlier attempt got through although its answer did not.
  if (status === 409) return 'stored';
  if (status === 429 || status >= 500) return 'retry';
  const type = error?.type ?? 'refused';
  const obstructed = Object.hasOwn(OBSTACLES, type) ? !late : status === 401 || status === 403;
  return obstructed ? 'obstructed' : { rejected: `${type} (${status})` };
}

/** Says what stands in the way of an obstructed document, and what to do. */
export function obstacleOf({ status, error }: BulkItem, index: string): ImproperlyConfiguredError {
  const type = error?.type ?? 'refused';
  const remedy = OBSTACLES[type] ?? REMEDIES[status] ?? REMEDIES[403]!;
  return new ImproperlyConfiguredError(
    `Elasticsearch: ${index} takes no documents, ${type} (${status}): ${remedy}`,
  );
}

/**
 * What a failed request means, as the error that says so to the delivery: halve the batch, wait for the administrator, refuse
 * for good; anything else is tried again. Errors are told by name and status: the client that throws them may be another copy
 * than ours. Nothing of the original but its name, status and the server's error type is kept: its message and its fields hold
 * the documents.
 */
export function failureOf(error: unknown): Error {
  const { name, statusCode, type } = facts(error);
  const said = `Elasticsearch: ${name}${statusCode === undefined ? '' : ` ${statusCode}`}${type === undefined ? '' : ` ${type}`}`;
  if (name === 'SerializationError') return new RejectedError('SerializationError');
  if (name === 'ProductNotSupportedError') {
    return new ImproperlyConfiguredError(
      'what answers at this address is not Elasticsearch: check connectionUrl or host',
    );
  }
  if (name === 'ConfigurationError')
    return new ImproperlyConfiguredError(`${said}: check the client's options`);
  if (statusCode === 413) return new SplitError('request too large (413)');
  if (statusCode !== undefined && statusCode in REMEDIES)
    return new ImproperlyConfiguredError(`${said}: ${REMEDIES[statusCode]}`);
  if (isPermanent(statusCode)) return new RejectedError(`${type ?? name} (${statusCode})`);
  return new Error(said, { cause: causeOf(error) });
}

const REMEDIES: Readonly<Record<number, string>> = {
  401: 'check user and password, or apiKey',
  403: 'grant the account `create_doc` and `auto_configure` on the index pattern',
  406: "the client speaks a newer protocol than the server: install the client of the server's major version",
};

function isPermanent(status: number | undefined): boolean {
  return status !== undefined && status >= 400 && status < 500 && status !== 408 && status !== 429;
}

interface Facts {
  name: string;
  statusCode: number | undefined;
  type: string | undefined;
}

function facts(error: unknown): Facts {
  const { name, statusCode, body } = (error ?? {}) as {
    name?: string;
    statusCode?: number;
    body?: { error?: { type?: string } };
  };
  return { name: name ?? 'Error', statusCode, type: body?.error?.type };
}

/**
 * The system's own word on a broken connection (`connect ECONNREFUSED 127.0.0.1:9200`), without the client's request attached to
 * it.
 */
function causeOf(error: unknown): Error | undefined {
  const { name, message } = (error ?? {}) as { name?: string; message?: string };
  return name === 'ConnectionError' || name === 'TimeoutError' ? new Error(message) : undefined;
}
