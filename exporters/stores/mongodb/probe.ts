import type { Collection, MongoClient } from 'mongodb';
import type { ReportDocument } from './documents.js';

/** One of the account's rights, as `connectionStatus` lists them. An empty name stands for any. */
interface Privilege {
  readonly resource: {
    readonly db?: string;
    readonly collection?: string;
    readonly anyResource?: boolean;
  };
  readonly actions: readonly string[];
}

/**
 * Tells whether the account may insert into a collection, without writing. A server that does not
 * list rights is asked for one document.
 * @throws the driver's error when the server cannot be reached or refuses the sign-in.
 */
export async function mayInsert(
  collection: Collection<ReportDocument>,
  client: MongoClient,
): Promise<boolean> {
  const { dbName, collectionName } = collection;
  const admin = client.db('admin');
  // A primary answers it, as only a primary takes documents.
  await admin.command({ ping: 1 });
  const { authInfo } = await admin.command({ connectionStatus: 1, showPrivileges: true });
  const { authenticatedUsers = [], authenticatedUserPrivileges: rights } = authInfo ?? {};
  if (authenticatedUsers.length > 0 && Array.isArray(rights) && rights.length > 0)
    return (rights as Privilege[]).some((right) => allows(right, dbName, collectionName));
  await collection.findOne({}, { projection: { _id: 1 } });
  return true;
}

function allows({ resource, actions }: Privilege, dbName: string, collectionName: string): boolean {
  const { db, collection, anyResource } = resource;
  if (!actions.includes('insert') && !actions.includes('anyAction')) return false;
  if (anyResource === true) return true;
  // A resource without names is none of a collection's: the cluster's.
  if (db === undefined || collection === undefined) return false;
  return (db === '' || db === dbName) && (collection === '' || collection === collectionName);
}
