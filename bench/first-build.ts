import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** The folder of the package's sources. */
export const ROOT = fileURLToPath(new URL('..', import.meta.url));
const FIRST_BUILD = 'daa025f';

/**
 * The folder of the first build of the package, where today's dependencies are found: `dist/src/index.js`, `dist/bridges/index.js`,
 * `dist/exporters/index.js`. Compiled from the history at the first call, and kept.
 */
export function firstBuild(): string {
  const parent = join(ROOT, 'node_modules/.cache');
  const folder = join(parent, `first-build-${FIRST_BUILD}`);
  if (existsSync(folder)) return folder;
  const making = `${folder}-${process.pid}`;
  mkdirSync(making, { recursive: true });
  const archive = execFileSync('git', ['archive', FIRST_BUILD], { cwd: ROOT, maxBuffer: 2 ** 28 });
  execFileSync('tar', ['x', '-C', making], { input: archive });
  // Clients are newer today, so types differ; tsc writes the JavaScript all the same.
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { cwd: making });
  if (!existsSync(join(making, 'dist/src/index.js'))) {
    rmSync(making, { recursive: true });
    throw new Error(`tsc wrote no dist/src/index.js for ${FIRST_BUILD}`);
  }
  renameSync(making, folder);
  return folder;
}

/**
 * An entry point of today's build, as applications import it: tsx makes code of its own of the sources, which is slower in places.
 * @param file `index.mjs`, `bridges.mjs`
 * @throws if there is no build.
 */
export const today = <Entry>(file: string): Promise<Entry> =>
  import(pathToFileURL(join(todaysBuild(), file)).href);

/** Today's build. @throws if there is none. */
export function todaysBuild(): string {
  if (!existsSync(join(ROOT, 'dist/index.mjs'))) throw new Error('dist/ is empty: npm run build');
  return join(ROOT, 'dist');
}
