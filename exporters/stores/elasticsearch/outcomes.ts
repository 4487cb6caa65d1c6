import type { Outcome } from '../../delivery/store.js';
import { connectionRemedy } from '../../diagnostics/connection-remedies.js';
import { ImproperlyConfiguredError, RejectedError, SplitError } from '../../errors.js';
import { type Answer, clientMajorIn, readAnswer } from './answers.js';

/** The bulk API's answer for one document, as much of it as is asked for. */
export interface BulkItem {
  readonly status: number;
  readonly error?: { readonly type?: string; readonly reason?: string };
}

/**
 * The errors that mean a whole index, and their remedies. A cluster that is full answers
 * `validation_exception`.
 */
const OBSTACLES: Readonly<Record<string, string>> = {
  cluster_block_exception: 'lift the block on the index',
  index_closed_exception: 'open the index',
  validation_exception:
    'let the cluster have more shards (cluster.max_shards_per_node), or delete old indices',
};

/**
 * The outcome of one document. `blocked`: a right is missing, or the index takes nothing as it is;
 * the report waits until an operator has fixed that.
 * @param late the document belongs to the index of a past day: one that takes no more writes will
 * not do so again.
 */
export function classifyItem({ status, error }: BulkItem, late = false): Outcome | 'blocked' {
  if (status < 300) return 'stored';
  // The id is there already: an earlier attempt got through although its answer did not.
  if (status === 409) return 'stored';
  if (status === 429 || status >= 500) return 'retry';
  const type = error?.type ?? 'refused';
  const blocked = Object.hasOwn(OBSTACLES, type) ? !late : status === 401 || status === 403;
  return blocked ? 'blocked' : { rejected: `${type} (${status})` };
}

/** The error for a blocked document: what stands in its way, and what to do. */
export function describeBlock(
  { status, error }: BulkItem,
  index: string,
): ImproperlyConfiguredError {
  const type = error?.type ?? 'refused';
  const remedy = OBSTACLES[type] ?? REMEDIES[status] ?? REMEDIES[403]!;
  return new ImproperlyConfiguredError(
    `Elasticsearch: ${index} takes no documents, ${type} (${status}): ${remedy}`,
  );
}

/**
 * The error for a failed request, as the delivery understands it: halve the batch, wait for the
 * administrator, are final; anything else is tried again. Only Elasticsearch itself can refuse a
 * report: what a proxy or another program answers says nothing about one. Errors are told by name
 * and status: the client that throws them may be another copy than ours. Nothing of the request is
 * kept: it holds the documents.
 * @param requestBytes the size of the request; without it, nothing of the request can have been too
 * large.
 */
export function classifyFailure(thrown: unknown, requestBytes = 0): Error {
  const answer = readAnswer(thrown);
  const { name, status } = answer;
  if (name === 'SerializationError') return new RejectedError('SerializationError');
  if (name === 'ProductNotSupportedError')
    return new ImproperlyConfiguredError(notElasticsearch(answer));
  if (name === 'ConfigurationError')
    return new ImproperlyConfiguredError(
      `${nameOf(answer)}: ${answer.message}: check the client's options`,
    );
  if (status === undefined) return connectionFailure(answer);
  if (isPassing(status)) return new Error(`${nameOf(answer)} answers ${statusOf(answer)}`);
  if (status === 413 && requestBytes >= SMALL_REQUEST_BYTES)
    return new SplitError('request too large (413)');
  if (!answer.fromStore) return new ImproperlyConfiguredError(notElasticsearch(answer));
  return refusal(answer, thrown);
}

/** The error for what Elasticsearch itself refused. */
function refusal(answer: Answer, thrown: unknown): Error {
  const { status, type } = answer;
  const answered = `${nameOf(answer)} answers ${statusOf(answer)}`;
  // Depending on its version, the server answers 400 or 406.
  if (type === 'media_type_header_exception' || status === 406)
    return new ImproperlyConfiguredError(`${answered}: ${clientTooNew(clientMajorIn(thrown))}`);
  if (status === 401 || status === 403)
    return new ImproperlyConfiguredError(`${answered}: ${REMEDIES[status]}`);
  if (status === 400 && type !== undefined) return new RejectedError(`${type} (${status})`);
  return new ImproperlyConfiguredError(
    `${answered}: it does not know this address: check connectionUrl and its path`,
  );
}

/** The error for a connection that failed: the address, the cause, and what to look at. */
function connectionFailure(answer: Answer): Error {
  const { name, message } = answer;
  if (name === 'DeserializationError')
    return new Error(
      `${nameOf(answer)} answers something that is not JSON: check what listens there`,
    );
  const cause = message === '' ? name : message;
  const remedy = connectionRemedy(cause);
  return new Error(`${nameOf(answer)}: ${cause}${remedy === undefined ? '' : `: ${remedy}`}`);
}

function notElasticsearch(answer: Answer): string {
  const { status, text, address = 'this address' } = answer;
  const quoted = text === '' ? '' : `, "${text}"`;
  const detail = status === undefined ? '' : ` (${status}${quoted})`;
  const remedy =
    status === 401 || status === 403
      ? 'check the credentials, and the proxy before Elasticsearch'
      : 'check connectionUrl or host, and the proxy before it if there is one';
  return `what answers at ${address}${detail} is not Elasticsearch: ${remedy}`;
}

function clientTooNew(major: number | undefined): string {
  const wanted = major === undefined ? '8' : major - 1;
  return `the client${major === undefined ? '' : ` (version ${major})`} is newer than the server: install the client of the server's major version, npm install @elastic/elasticsearch@${wanted}`;
}

const REMEDIES: Readonly<Record<number, string>> = {
  401: 'check user and password, or apiKey',
  403: 'grant the account `create_doc` and `auto_configure` on the index pattern',
};

/** No proxy refuses requests smaller than this for their size: its 413 means something else. */
const SMALL_REQUEST_BYTES = 65_536;

const nameOf = ({ address }: Answer): string =>
  `Elasticsearch${address === undefined ? '' : ` at ${address}`}`;

const statusOf = ({ status, type, text }: Answer): string =>
  [status, type ?? (text === '' ? undefined : `"${text}"`)]
    .filter((part) => part !== undefined)
    .join(' ');

const isPassing = (status: number): boolean => status === 408 || status === 429 || status >= 500;
