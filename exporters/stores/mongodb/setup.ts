import type { Collection } from 'mongodb';
import { ImproperlyConfiguredError } from '../../errors.js';
import type { ReportDocument } from './documents.js';

/** The index for dashboards: one metric of one type, latest first. */
const BY_NAME = { metric: 1, name: 1, timestamp: -1 } as const;
/**
 * The account is not signed in, or its sign-in was refused: the write meets that too, and says what
 * to do.
 */
const AUTHENTICATION_FAILED = 18;
const NOT_SIGNED_IN = /requires authentication/i;
/** The index is there with other options, or under another name. */
const CONFLICTS = new Set([85, 86]);

/**
 * Makes the indexes; those that are there, from whichever process, stay.
 * @param expireAfterSeconds when given, documents are deleted that long after their timestamp
 * @throws ImproperlyConfiguredError with the command that an administrator would run; any other
 * error is the connection's
 */
export async function ensureIndexes(
  collection: Collection<ReportDocument>,
  expireAfterSeconds: number | undefined,
  signal: AbortSignal,
): Promise<void> {
  await create(collection, BY_NAME, {}, signal);
  if (expireAfterSeconds !== undefined)
    await create(collection, { timestamp: 1 }, { expireAfterSeconds }, signal);
}

async function create(
  collection: Collection<ReportDocument>,
  keys: Record<string, 1 | -1>,
  options: { expireAfterSeconds?: number },
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted();
  try {
    await collection.createIndex(keys, options);
  } catch (error) {
    // Without a code it is the connection, which the write needs too.
    const { code, message } = error as { code?: unknown; message: string };
    if (typeof code !== 'number' || code === AUTHENTICATION_FAILED || NOT_SIGNED_IN.test(message))
      throw error;
    const command = `db.getCollection('${collection.collectionName}').createIndex(${JSON.stringify(keys)}, ${JSON.stringify(options)})`;
    const remedy = CONFLICTS.has(code)
      ? `drop the other index, then ${command}`
      : `an administrator runs ${command}`;
    throw new ImproperlyConfiguredError(
      `MongoDB index (${message}): ${remedy} in ${collection.dbName}`,
      { cause: error },
    );
  }
}
