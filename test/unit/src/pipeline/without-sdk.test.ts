import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { build, type Plugin } from 'esbuild';

const ROOT = fileURLToPath(new URL('../../../..', import.meta.url));

/** Prints the name and value of each number that the store gets, and the ledger. */
const PROGRAM = `
  import { Metrics } from './src/index.js';
  import { ReportExporter } from './exporters/index.js';
  class Printer extends ReportExporter {
    async write(reports) {
      for (const { name, value } of reports) console.log(name, value);
    }
  }
  const metrics = new Metrics({ backend: new Printer(), exportInterval: 50 });
  metrics.increment('by-interval');
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  metrics.increment('by-flush', undefined, 2);
  await metrics.flush();
  metrics.increment('by-close', undefined, 3);
  await metrics.close();
  const { accepted, stored } = metrics.ledger();
  console.log(accepted, stored);
`;

/** Every way in which a bundle fails to load the SDK. */
const FAILURES: Readonly<Record<string, string>> = {
  'throws when it is evaluated': 'throw new Error("Dynamic require of util is not supported");',
  'is a module without its exports': 'export const other = 1;',
};

function sdkOf(contents: string): Plugin {
  return {
    name: 'sdk',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /sdk-metrics$/ }, () => ({ path: 'sdk-metrics', namespace: 'sdk' }));
      onLoad({ filter: /.*/, namespace: 'sdk' }, () => ({ contents }));
    },
  };
}

describe("a bundle's Metrics", () => {
  for (const [failure, contents] of Object.entries(FAILURES)) {
    it(`stores its numbers where OpenTelemetry's SDK ${failure}`, async () => {
      const folder = mkdtempSync(join(ROOT, 'node_modules/.without-sdk-'));
      const outfile = join(folder, 'program.mjs');
      try {
        await build({
          stdin: { contents: PROGRAM, resolveDir: ROOT, loader: 'ts' },
          outfile,
          bundle: true,
          format: 'esm',
          platform: 'node',
          packages: 'external',
          plugins: [sdkOf(contents)],
        });
        const printed = execFileSync(process.execPath, [outfile], { encoding: 'utf8' });
        expect(printed).to.equal('by-interval 1\nby-flush 2\nby-close 3\n3 3\n');
      } finally {
        rmSync(folder, { recursive: true });
      }
    });
  }
});
