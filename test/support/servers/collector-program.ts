import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Go, withGo } from './go.js';
import { installed, run } from './install.js';

export const COLLECTOR_VERSION = '0.161.0';

/** The version of the Collector's configuration providers that belongs to COLLECTOR_VERSION. */
const PROVIDER_VERSION = '1.67.0';

/**
 * The Collector's binary, built on first use: a minute and a half, more with exporters that have much in them.
 * @param name of the build, under which it is kept.
 * @param exporters of the contributed ones: `file`, `prometheus`.
 */
export async function collectorProgram(
  name: string,
  exporters: readonly string[],
): Promise<string> {
  const folder = await installed('collector', `${name}-${COLLECTOR_VERSION}`, (into) =>
    withGo('collector', (go, env) => build(go, env, exporters, into)),
  );
  return join(folder, 'collector');
}

async function build(
  go: Go,
  env: NodeJS.ProcessEnv,
  exporters: readonly string[],
  folder: string,
): Promise<void> {
  const source = join(folder, 'source');
  mkdirSync(source);
  await go(['install', `go.opentelemetry.io/collector/cmd/builder@v${COLLECTOR_VERSION}`]);
  const file = join(source, 'builder.json');
  writeFileSync(file, JSON.stringify(manifest(exporters, join(source, 'build'))));
  await run(join(env.GOPATH ?? '', 'bin', 'builder'), [`--config=${file}`], { env, cwd: source });
  renameSync(join(source, 'build', 'collector'), join(folder, 'collector'));
  rmSync(source, { recursive: true });
}

/** The builder's, with the parts that every Collector here has. */
function manifest(exporters: readonly string[], output: string): object {
  const core = 'go.opentelemetry.io/collector';
  const contributed = 'github.com/open-telemetry/opentelemetry-collector-contrib/exporter';
  return {
    dist: { name: 'collector', output_path: output },
    receivers: [{ gomod: `${core}/receiver/otlpreceiver v${COLLECTOR_VERSION}` }],
    processors: [{ gomod: `${core}/processor/batchprocessor v${COLLECTOR_VERSION}` }],
    exporters: [
      { gomod: `${core}/exporter/debugexporter v${COLLECTOR_VERSION}` },
      ...exporters.map((one) => ({
        gomod: `${contributed}/${one}exporter v${COLLECTOR_VERSION}`,
      })),
    ],
    providers: ['env', 'file', 'yaml'].map((one) => ({
      gomod: `${core}/confmap/provider/${one}provider v${PROVIDER_VERSION}`,
    })),
  };
}
