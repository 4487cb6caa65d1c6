import { defineConfig } from 'tsdown';
import { ENTRY_POINTS } from './entry-points.js';

const shared = {
  platform: 'node',
  target: 'node20.19',
  tsconfig: 'tsconfig.build.json',
  hash: false,
  treeshake: true,
  minify: false,
} as const;

/** Chunks have a folder of their own; their names end as those of their format do. */
const chunks = (extension: 'mjs' | 'cjs') => (options: { chunkFileNames?: unknown }) => ({
  ...options,
  chunkFileNames: ({ name }: { name: string }) =>
    name.endsWith('.d')
      ? `chunks/${name}.${extension.replace('js', 'ts')}`
      : `chunks/${name}.${extension}`,
});

/** One file for each entry point, ESM and CommonJS, with types for each; the command line is ESM alone. */
export default defineConfig([
  {
    ...shared,
    entry: { ...ENTRY_POINTS, cli: 'src/cli/main.ts' },
    format: 'esm',
    dts: true,
    clean: true,
    outputOptions: chunks('mjs'),
  },
  {
    ...shared,
    entry: ENTRY_POINTS,
    format: 'cjs',
    dts: true,
    clean: false,
    outputOptions: chunks('cjs'),
  },
]);
