import { ClassicLevel } from 'classic-level';

/** LevelDB opens a folder once: exporters and readers of one process share it. */
const shared = new Map();

/** The database of a folder, opened by its first user. @throws Error if another process has it open. */
export async function acquire(location) {
  const entry = shared.get(location) ?? {
    database: new ClassicLevel(location, { valueEncoding: 'json' }),
    users: 0,
  };
  shared.set(location, entry);
  entry.users++;
  try {
    await entry.database.open();
  } catch (error) {
    await release(location);
    throw error;
  }
  return entry.database;
}

/** Closes the database of a folder after its last user. */
export async function release(location) {
  const entry = shared.get(location);
  if (--entry.users > 0) return;
  shared.delete(location);
  await entry.database.close();
}
