import type { Client } from '@elastic/elasticsearch';
import { readAnswer } from './answers.js';
import { classifyFailure, describeBlock } from './outcomes.js';
import { askIfAllowed, remarksOn, settingsOf } from './reader.js';

/**
 * The rights that a report needs: to be written, and to make its day's index where it is the first.
 */
const WRITE = 'create_doc';
const MAKES_INDEX = ['auto_configure', 'create_index'];
/** A setting of an index under which it takes no documents. */
const BLOCK = /^index\.blocks\.(read_only|read_only_allow_delete|write)$/;

/**
 * Asks, without writing, whether an index would take documents of this account. Settings that the
 * account cannot see are left out.
 * @returns remarks for the operator.
 * @throws ImproperlyConfiguredError with the missing right or the block; the error of the
 * connection.
 */
export async function probeIndex(
  client: Client,
  index: string,
  signal: AbortSignal,
): Promise<string[]> {
  const health = await askIfAllowed(() =>
    client.cluster.health({ timeout: '1s' }, { signal, maxRetries: 0 }),
  );
  const settings = await settingsOf(client, index, signal);
  const rights = await rightsOn(client, index, signal);
  const missing = rights !== undefined && !rights[WRITE];
  const unmade = settings === undefined && rights !== undefined;
  if (missing || (unmade && !MAKES_INDEX.some((right) => rights[right])))
    throw describeBlock({ status: 403, error: { type: 'security_exception' } }, index);
  for (const [name, value] of Object.entries(settings ?? {})) {
    if (BLOCK.test(name) && String(value) === 'true')
      throw describeBlock({ status: 403, error: { type: 'cluster_block_exception' } }, index);
  }
  const red =
    health?.status === 'red' ? ['the cluster is red: some indices accept no documents'] : [];
  return [...red, ...remarksOn(index, settings)];
}

/** The account's rights on an index; undefined on a server that does not know accounts. */
async function rightsOn(
  client: Client,
  index: string,
  signal: AbortSignal,
): Promise<Record<string, boolean> | undefined> {
  try {
    const answer = await client.security.hasPrivileges(
      { index: [{ names: [index], privileges: [WRITE, ...MAKES_INDEX] }] },
      { signal, maxRetries: 0 },
    );
    return answer.index[index];
  } catch (error) {
    const { status, type, fromStore } = readAnswer(error);
    // Whatever else is wrong with it, this request the server understands.
    const isRefusal = status === 401 || status === 406 || type === 'media_type_header_exception';
    if (fromStore && !isRefusal) return undefined;
    throw classifyFailure(error);
  }
}
