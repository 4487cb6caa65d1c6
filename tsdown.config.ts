import { defineConfig } from 'tsdown';

const ENTRIES = {
  index: 'src/index.ts',
  cantal: 'src/cantal/index.ts',
  exporters: 'exporters/index.ts',
  'exporters/elasticsearch': 'exporters/stores/elasticsearch/index.ts',
  'exporters/mongodb': 'exporters/stores/mongodb/index.ts',
  'exporters/rethinkdb': 'exporters/stores/rethinkdb/index.ts',
  'exporters/influxdb': 'exporters/stores/influxdb/index.ts',
  'exporters/logger': 'exporters/stores/logger/index.ts',
  'exporters/otlp': 'exporters/stores/otlp/index.ts',
  queues: 'exporters/queues/index.ts',
  'queues/bullmq': 'exporters/queues/bullmq/index.ts',
  'queues/celery': 'exporters/queues/celery/index.ts',
  'queues/rq': 'exporters/queues/rq/index.ts',
  bridges: 'bridges/index.ts',
  'integrations/http': 'src/integrations/http.ts',
  'integrations/express': 'src/integrations/express.ts',
  'integrations/fastify': 'src/integrations/fastify.ts',
  'integrations/nest': 'src/integrations/nest.ts',
};

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
    entry: { ...ENTRIES, cli: 'src/cli/main.ts' },
    format: 'esm',
    dts: true,
    clean: true,
    outputOptions: chunks('mjs'),
  },
  {
    ...shared,
    entry: ENTRIES,
    format: 'cjs',
    dts: true,
    clean: false,
    outputOptions: chunks('cjs'),
  },
]);
