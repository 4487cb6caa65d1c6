/**
 * How large the minified ESM bundle of a program is that has Metrics and one exporter, with the store's client left outside:
 * with OpenTelemetry in it, and without. `npm run build` first.
 *
 *     npx tsx bench/bundle-size.ts
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const CLIENTS = ['@elastic/elasticsearch', 'mongodb', 'rethinkdb', 'classic-level', 'koffi'];
const EXPORTERS = {
  elasticsearch: 'ElasticsearchExporter',
  mongodb: 'MongoExporter',
  rethinkdb: 'RethinkExporter',
  influxdb: 'InfluxExporter',
  logger: 'LoggerExporter',
};

if (!existsSync(join(ROOT, 'dist/index.mjs'))) throw new Error('dist/ is empty: npm run build');
for (const [entry, exporter] of Object.entries(EXPORTERS)) {
  const program = `
    import { Metrics } from 'kaneda-otel';
    import { ${exporter} } from 'kaneda-otel/exporters/${entry}';
    console.log(Metrics, ${exporter});`;
  const alone = await bundled(program, [...CLIENTS, '@opentelemetry/*']);
  const whole = await bundled(program, CLIENTS);
  console.log(`${exporter.padEnd(24)} ${sizes(alone)}; with OpenTelemetry ${sizes(whole)}`);
}

async function bundled(contents: string, external: string[]): Promise<Uint8Array> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: ROOT },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    external,
  });
  return outputFiles[0]!.contents;
}

function sizes(bundle: Uint8Array): string {
  const kib = (bytes: number): string => (bytes / 1024).toFixed(1);
  return `${bundle.length} bytes (${kib(bundle.length)} KiB, gzip ${kib(gzipSync(bundle).length)} KiB)`;
}
