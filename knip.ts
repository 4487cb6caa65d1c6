import type { KnipConfig } from 'knip';
import { ENTRY_POINTS } from './entry-points.js';

/** Finds files, exports and dependencies that nothing uses. */
const config: KnipConfig = {
  entry: [
    ...Object.values(ENTRY_POINTS),
    'board-page.ts',
    'test/**/*.test.ts',
    'test/**/*.test-d.ts',
    'test/**/run.ts',
    'test/chaos/producer.ts',
    'test/fuzz/*.ts',
    'test/programs/**/*.{ts,mjs,cjs}',
    'test/servers/prepare.ts',
    'test/smoke/*.mjs',
    'test/types/**/*.ts',
    'bench/**/*.ts',
    'src/cli/board/page/main.ts',
  ],
  project: ['{src,exporters,bridges,test,bench}/**/*.ts'],
  // Its packages are in a package.json of its own.
  ignore: ['site/**'],
  ignoreExportsUsedInFile: true,
  exclude: ['types', 'binaries'],
  ignoreDependencies: [
    // Loaded by name, when an application asks for what needs it.
    'koffi',
    'reqlite',
    // Imported by a program of docs/coming-from/prom-client.md.
    '@opentelemetry/exporter-prometheus',
    // Called by the scripts of test/smoke.
    '@arethetypeswrong/cli',
  ],
};
export default config;
