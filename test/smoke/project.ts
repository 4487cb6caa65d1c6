import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../support/servers/install.js';
import { temporaryFolder } from '../support/servers/process.js';

/** The repository. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

interface Manifest {
  version: string;
  exports: Record<
    string,
    string | Record<'import' | 'require', { types: string; default: string }>
  >;
  peerDependencies: Record<string, string>;
  peerDependenciesMeta: Record<string, { optional?: boolean }>;
  devDependencies: Record<string, string>;
}

export const MANIFEST = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Manifest;

/** The entry points that give code, as package.json lists them. */
export const ENTRY_POINTS = Object.keys(MANIFEST.exports).filter(
  (entry) => entry !== './package.json',
);

/** The packages that an application may do without. */
export const OPTIONAL_PEERS = Object.keys(MANIFEST.peerDependencies).filter(
  (name) => MANIFEST.peerDependenciesMeta[name]?.optional,
);

/** `./exporters/otlp` as an application writes it. */
export function specifier(entry: string): string {
  return `kaneda-otel${entry.slice(1)}`;
}

/** Packs the built package; gives the tarball, its size in bytes and the paths in it. */
export async function pack(): Promise<{ tarball: string; bytes: number; files: string[] }> {
  const folder = temporaryFolder('pack');
  const [packed] = JSON.parse(
    await run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], {
      cwd: ROOT,
    }),
  ) as {
    filename: string;
    size: number;
    files: { path: string }[];
  }[];
  if (packed === undefined) throw new Error('npm pack packed nothing');
  return {
    tarball: join(folder, packed.filename),
    bytes: packed.size,
    files: packed.files.map(({ path }) => path),
  };
}

/** A new application, as its user would make it, with these packages. */
export async function project(...packages: readonly string[]): Promise<string> {
  const folder = temporaryFolder('smoke');
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ name: 'application', private: true, type: 'module' }),
  );
  for (const name of ['loaded.mjs', 'loaded-hooks.mjs'])
    cpSync(join(ROOT, 'test/smoke', name), join(folder, name));
  await install(folder, ...packages);
  return folder;
}

/** Adds packages to an application. */
export async function install(folder: string, ...packages: readonly string[]): Promise<void> {
  await run(
    'npm',
    ['install', '--no-audit', '--no-fund', '--prefer-offline', '--fetch-retries=5', ...packages],
    { cwd: folder },
  );
}

/** `name@range` as the package is developed with. */
export function developedWith(...names: readonly string[]): string[] {
  return names.map(
    (name) =>
      `${name}@${MANIFEST.devDependencies[name] ?? MANIFEST.peerDependencies[name] ?? 'latest'}`,
  );
}

/** Runs Node in the application; gives its standard output. */
export function node(folder: string, ...args: readonly string[]): Promise<string> {
  return run(process.execPath, ['--no-warnings', ...args], { cwd: folder });
}
