import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { installed, run } from '../support/servers/install.js';
import { filesOf } from '../unit/docs/programs.js';
import { pack } from './project.js';

export const PAGE = 'docs/bundlers-serverless-and-tests.md';

/** The tools whose users load the package, and the clients that some lanes need. RethinkDB's driver and amqplib are left out on purpose. */
const TOOLS = [
  ...['esbuild@0.28', 'webpack@5', 'webpack-cli@6', 'rollup@4', 'vite@7'],
  ...['@rollup/plugin-commonjs@29', '@rollup/plugin-json@6', '@rollup/plugin-node-resolve@16'],
  ...['@vercel/nft', '@vercel/ncc', 'next@16', 'react@19', 'react-dom@19'],
  ...['jest@30', 'jest-environment-jsdom@30', 'vitest@4', 'deno@2', 'bun@1', 'pnpm@10'],
  ...['@yarnpkg/cli-dist@4', '@types/node@20', 'typescript-5.2@npm:typescript@5.2'],
  ...['typescript-5.9@npm:typescript@5.9', 'typescript-6@npm:typescript@6'],
];
export const OPENTELEMETRY = [
  '@opentelemetry/api@1.9',
  '@opentelemetry/sdk-metrics@2',
  '@opentelemetry/sdk-logs@0.223',
];
const CLIENTS = ['@elastic/elasticsearch@8', 'mongodb@7', 'bullmq@6', 'ioredis@6'];

/** A folder with all tools, kept between runs; the packed package is put into it. */
let workshop: Promise<{ folder: string; tarball: string }> | undefined;

export function makeWorkshop(): Promise<{ folder: string; tarball: string }> {
  workshop ??= equip();
  return workshop;
}

async function equip(): Promise<{ folder: string; tarball: string }> {
  const packages = [...TOOLS, ...OPENTELEMETRY, ...CLIENTS];
  const name = createHash('sha256').update(packages.join()).digest('hex').slice(0, 12);
  const folder = await installed('npm', `lanes-${name}`, async (into) => {
    writeFileSync(join(into, 'package.json'), JSON.stringify({ name: 'lanes', private: true }));
    const quietly = ['--no-audit', '--no-fund', '--prefer-offline', '--fetch-retries=5'];
    await run('npm', ['install', ...quietly, ...packages], { cwd: into });
  });
  const { tarball } = await pack();
  await unpack(tarball, join(folder, 'node_modules', 'kaneda-otel'));
  return { folder, tarball };
}

async function unpack(tarball: string, target: string): Promise<void> {
  const fresh = `${target}.${process.pid}`;
  mkdirSync(fresh);
  await run('tar', ['xzf', tarball, '-C', fresh, '--strip-components=1']);
  rmSync(target, { recursive: true, force: true });
  renameSync(fresh, target);
}

/** The files that the page shows, by the path in the comment above each. */
export const recipes = (): Map<string, string> => filesOf(PAGE);

/** An application in a folder of its own below the tools. */
export interface Lane {
  readonly folder: string;
  /** Writes a file, made by the page unless a text is given. */
  write(path: string, text: string): void;
  /** Runs a program of the tools, or `sh`, `node`, `npx`. */
  run(command: string, args: readonly string[], env?: NodeJS.ProcessEnv): Promise<string>;
  /** The reports in its log file, `metrics.log`. */
  reports(): { readonly id: string; readonly name: string; readonly value: unknown }[];
  /** Their names, sorted, each as often as it is there. */
  stored(): string[];
}

/** The page's files of that lane, and its program, in a folder of their own. `type` is package.json's. */
export async function lane(
  name: string,
  type: 'module' | 'commonjs' = 'module',
  parent?: string,
): Promise<Lane> {
  const folder = join(parent ?? (await makeWorkshop()).folder, `run-${process.pid}`, name);
  rmSync(folder, { recursive: true, force: true });
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  write('package.json', JSON.stringify({ name: 'application', private: true, type }));
  for (const [path, source] of recipes()) {
    if (path === 'app.mjs') write(path, source);
    if (path.startsWith(`${name}/`)) write(path.slice(name.length + 1), source);
  }
  const reports: Lane['reports'] = () => {
    const path = join(folder, 'metrics.log');
    const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n').slice(0, -1) : [];
    return lines.map((line) => JSON.parse(line));
  };
  return {
    folder,
    write,
    run: (command, args, env = {}) => run(command, args, { cwd: folder, env }),
    reports,
    stored: () =>
      reports()
        .map(({ name }) => name)
        .sort(),
  };
}

/** Removes the lanes of this run. */
export async function clearLanes(): Promise<void> {
  const { folder } = await makeWorkshop();
  rmSync(join(folder, `run-${process.pid}`), { recursive: true, force: true });
}
