import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from '@elastic/elasticsearch';
import { until } from '../until.js';

/** The password `planted-writer`, as the server's file of users has it. */
const WRITER = 'writer:$2a$04$abcdefghijklmnopqrstuuqMyYpBEra/fitWlAlFnDVQd/LNnBXtO';

/**
 * Lets the user `writer` write into these indices and nothing else, by the files beside the server's data: its own index of users needs a module that
 * the minimal distribution has not.
 */
export async function grant(admin: Client, names: readonly string[]): Promise<void> {
  const { nodes } = await admin.nodes.info({ metric: 'settings' });
  const { path } = Object.values(nodes)[0]!.settings as unknown as {
    path: { data: string[] | string };
  };
  const config = join([path.data].flat()[0]!, '..', 'config');
  const indices = [{ names, privileges: ['create_doc', 'auto_configure'] }];
  const write = (): void => {
    writeFileSync(join(config, 'roles.yml'), JSON.stringify({ writer: { indices } }));
    writeFileSync(join(config, 'users'), `${WRITER}\n`);
    writeFileSync(join(config, 'users_roles'), 'writer:writer\n');
  };
  write();
  // The server looks at its files now and then, and may have read one that was not whole yet.
  const again = setInterval(write, 12_000);
  const writer = new Client({
    node: admin.connectionPool.connections[0]!.url.origin,
    auth: { username: 'writer', password: 'planted-writer' },
  });
  const index = [{ names: [...names], privileges: ['create_doc' as const] }];
  await until(() =>
    writer.security.hasPrivileges({ index }).then(
      ({ has_all_requested }) => has_all_requested,
      () => false,
    ),
  ).finally(() => clearInterval(again));
  await writer.close();
}
