import { join } from 'node:path';
import { installed, run } from './install.js';

const VERSIONS = { node: '24', deno: '2.9.6' } as const;

/** Another Node than the one that runs, or Deno, from npm's registry. @throws UnavailableError */
export async function runtime(name: keyof typeof VERSIONS): Promise<string> {
  const version = VERSIONS[name];
  const folder = await installed(name, `${name}-${version}`, async (into) => {
    await run('npm', [
      'install',
      '--no-audit',
      '--no-fund',
      '--prefix',
      into,
      `${name}@${version}`,
    ]);
  });
  return join(folder, 'node_modules', '.bin', name);
}
