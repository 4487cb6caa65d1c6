import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** What makes Node run TypeScript, wherever it is started. */
export const TYPESCRIPT = [
  '--import',
  pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href,
];

/** The command line `kaneda`. */
export const KANEDA = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url));
