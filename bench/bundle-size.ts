/**
 * How large the minified ESM bundle of a program is that has Metrics and one exporter, with the store's client left outside:
 * with OpenTelemetry in it, and without; and how much of it a program runs that records one metric of each kind, writes
 * them and ends, without a fault on the way. `npm run build` first.
 *
 *     npx tsx bench/bundle-size.ts
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const CLIENTS = ['@elastic/elasticsearch', 'mongodb', 'rethinkdb', 'classic-level', 'koffi'];
const OUTSIDE = [...CLIENTS, '@opentelemetry/*'];
const EXPORTERS = {
  elasticsearch: 'ElasticsearchExporter',
  mongodb: 'MongoExporter',
  rethinkdb: 'RethinkExporter',
  influxdb: 'InfluxExporter',
  logger: 'LoggerExporter',
};
const EACH_KIND = `
  const exporter = new LoggerExporter({ filename: 'reports.log' });
  const metrics = new Metrics({ backend: exporter });
  metrics.increment('a', { tag: 'text' });
  metrics.gauge('b', 1, { tag: 'text' });
  metrics.timing('c', 5, { tag: 'text' });
  metrics.event('d', 'text');
  await metrics.close();
  await exporter.shutdown();`;

if (!existsSync(join(ROOT, 'dist/index.mjs'))) throw new Error('dist/ is empty: npm run build');
for (const [entry, exporter] of Object.entries(EXPORTERS)) {
  const program = `${imports(entry, exporter)} console.log(Metrics, ${exporter});`;
  const alone = await bundled(program, OUTSIDE);
  const whole = await bundled(program, CLIENTS);
  console.log(`${exporter.padEnd(24)} ${sizes(alone)}; with OpenTelemetry ${sizes(whole)}`);
}
const program = await bundled(`${imports('logger', 'LoggerExporter')} ${EACH_KIND}`, OUTSIDE);
console.log(`of LoggerExporter's bundle, run by a program: ${kib(runBytes(program))} KiB`);

function imports(entry: string, exporter: string): string {
  return `import { Metrics } from 'kaneda-otel';
    import { ${exporter} } from 'kaneda-otel/exporters/${entry}';`;
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

/** Runs a bundle, and counts the characters of the functions and branches that V8 says ran. */
function runBytes(bundle: Uint8Array): number {
  const folder = mkdtempSync(join(ROOT, 'node_modules/.bundle-size-'));
  try {
    writeFileSync(join(folder, 'bundle.mjs'), bundle);
    const env = { ...process.env, NODE_V8_COVERAGE: join(folder, 'coverage') };
    const ended = spawnSync(process.execPath, ['bundle.mjs'], { cwd: folder, env });
    if (ended.status !== 0) throw new Error(`the bundle failed: ${ended.stderr}`);
    if (readFileSync(join(folder, 'reports.log'), 'utf8').split('\n').length !== 5)
      throw new Error('the bundle did not write its four reports');
    return countRun(join(folder, 'coverage'), bundle.length);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

interface Coverage {
  readonly result: readonly {
    readonly url: string;
    readonly functions: readonly {
      readonly ranges: readonly { startOffset: number; endOffset: number; count: number }[];
    }[];
  }[];
}

function countRun(folder: string, length: number): number {
  const [file = ''] = readdirSync(folder);
  const { result } = JSON.parse(readFileSync(join(folder, file), 'utf8')) as Coverage;
  const { functions = [] } = result.find(({ url }) => url.endsWith('bundle.mjs')) ?? {};
  const run = new Uint8Array(length);
  // A range inside another is listed after it, and counts for its part.
  for (const { ranges } of functions)
    for (const { startOffset, endOffset, count } of ranges)
      run.fill(count > 0 ? 1 : 0, startOffset, endOffset);
  return run.reduce((sum, one) => sum + one, 0);
}

function sizes(bundle: Uint8Array): string {
  return `${bundle.length} bytes (${kib(bundle.length)} KiB, gzip ${kib(gzipSync(bundle).length)} KiB)`;
}

function kib(bytes: number): string {
  return (bytes / 1024).toFixed(1);
}
