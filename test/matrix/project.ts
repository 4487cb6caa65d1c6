import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { compilerOptions, consumer } from '../smoke/consumer.js';
import { ROOT } from '../smoke/project.js';
import { run } from '../support/servers/install.js';
import { temporaryFolder } from '../support/servers/process.js';
import type { Line } from './lines.js';

/** The repository's files with other packages beside them. */
export interface Project {
  folder: string;
  /** The Node to run it with. */
  node: string;
  env: NodeJS.ProcessEnv;
  /** The compiler's complaints about a consumer of the built package, and about the package's declarations. */
  typeCheck(): Promise<string>;
}

/** Copies the repository (its `dist` too, so build first) and installs what the line asks for. */
export async function makeProject(line: Line, nodeFrom: string): Promise<Project> {
  const folder = temporaryFolder('matrix');
  // Some tests become a user without rights, who must be able to read all this; the cache may be closed to others.
  chmodSync(folder, 0o755);
  const node = join(folder, 'node-bin', 'node');
  cpSync(nodeFrom, node);
  const listed = await run('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
    cwd: ROOT,
  });
  const files = listed.split('\n').filter((path) => path !== '' && existsSync(join(ROOT, path)));
  for (const path of [...files, 'dist'])
    cpSync(join(ROOT, path), join(folder, path), { recursive: true });
  await copyModules(folder);
  // What the tests start is to be of the same Node.
  const env = { ...process.env, PATH: `${dirname(node)}:${process.env.PATH}` };
  if (!line.own) await install(folder, line.packages, env);
  return { folder, node, env, typeCheck: () => typeCheck(folder, node) };
}

/** Hard links where that is possible; npm replaces files, all but one, which it writes in place. */
async function copyModules(folder: string): Promise<void> {
  const modules = join(ROOT, 'node_modules');
  await run('cp', ['-al', modules, folder]).catch(() => run('cp', ['-a', modules, folder]));
  rmSync(join(folder, 'node_modules/.package-lock.json'), { force: true });
  rmSync(join(folder, 'package-lock.json'), { force: true });
}

async function install(
  folder: string,
  packages: Line['packages'],
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const file = join(folder, 'package.json');
  const manifest = JSON.parse(readFileSync(file, 'utf8')) as {
    devDependencies: Record<string, string | undefined>;
  };
  Object.assign(manifest.devDependencies, packages);
  writeFileSync(file, JSON.stringify(manifest, undefined, 2));
  await run(
    'npm',
    [
      'install',
      '--no-audit',
      '--no-fund',
      '--prefer-offline',
      '--fetch-retries=5',
      '--ignore-scripts',
    ],
    {
      cwd: folder,
      env,
    },
  );
  // npm keeps an optional peer that is there already.
  const absent = Object.keys(packages).filter((name) => packages[name] === undefined);
  for (const name of absent)
    rmSync(join(folder, 'node_modules', name), { recursive: true, force: true });
}

async function typeCheck(folder: string, node: string): Promise<string> {
  const application = join(folder, 'consumer');
  mkdirSync(application);
  // Inside of the package its own name leads to its built files, as `exports` says.
  writeFileSync(join(application, 'consumer.ts'), consumer());
  cpSync(
    join(ROOT, 'test/programs/consumers/opentelemetry.ts'),
    join(application, 'opentelemetry.ts'),
  );
  const options = { ...compilerOptions('node16', 'node16'), skipLibCheck: false, rootDir: folder };
  writeFileSync(
    join(application, 'tsconfig.json'),
    JSON.stringify({ compilerOptions: options, files: ['consumer.ts', 'opentelemetry.ts'] }),
  );
  const compiler = join(folder, 'node_modules/typescript/bin/tsc');
  const output = await run(node, [compiler, '--pretty', 'false', '-p', 'tsconfig.json'], {
    cwd: application,
  }).catch((error: { stdout?: string; message: string }) => error.stdout || error.message);
  // Other packages' declarations are theirs to fix.
  return output
    .split('\n')
    .filter((line) => line !== '' && !/^(\.\.\/)*node_modules\//.test(line))
    .join('\n');
}
