import { join } from 'node:path';
import { expect } from 'chai';
import { clearLanes, lane, makeWorkshop } from './lanes.js';

const node10 = { moduleResolution: 'node10', module: 'commonjs', type: 'commonjs' };
const node16 = { moduleResolution: 'node16', module: 'node16', type: 'module' };
const bundler = { moduleResolution: 'bundler', module: 'esnext', type: 'module' };
const COMPILERS = {
  'typescript-5.2': [node10, node16, { ...node16, type: 'commonjs' }, bundler],
  'typescript-5.9': [node16],
  'typescript-6': [node10, bundler],
};

describe('a program in TypeScript, without skipLibCheck', function () {
  this.timeout(300_000);
  before(makeWorkshop);
  after(clearLanes);

  for (const [compiler, resolutions] of Object.entries(COMPILERS))
    for (const { moduleResolution, module, type } of resolutions) {
      const ways = `${compiler}, moduleResolution ${moduleResolution}, type ${type}`;
      it(`compiles by ${ways}`, async () => {
        const made = await lane('typescript', type as 'module');
        made.write('program.ts', PROGRAM);
        made.write('tsconfig.json', tsconfig(compiler, module, moduleResolution));
        const { folder } = await makeWorkshop();
        const tsc = join(folder, 'node_modules', compiler, 'bin/tsc');
        const complaints = await made
          .run(process.execPath, [tsc, '--pretty', 'false'])
          .catch((error: { stdout: string }) => error.stdout);
        // The declarations of clients are theirs.
        const ours = complaints
          .split('\n')
          .filter((line) => /^program|^tsconfig|^error|node_modules\/kaneda-otel\//.test(line));
        expect(ours).to.deep.equal([]);
      });
    }
});

function tsconfig(compiler: string, module: string, moduleResolution: string): string {
  const deprecated = compiler === 'typescript-6' && moduleResolution === 'node10';
  return JSON.stringify({
    compilerOptions: {
      ...{
        strict: true,
        noEmit: true,
        skipLibCheck: false,
        esModuleInterop: true,
        target: 'es2022',
        types: ['node'],
      },
      ...{ lib: ['es2022', 'esnext.disposable'], module, moduleResolution },
      ...(deprecated ? { ignoreDeprecations: '6.0' } : {}),
    },
    files: ['program.ts'],
  });
}

const PROGRAM = `
import { type Ledger, Metrics } from 'kaneda-otel';
import { CellProducer, HeapCells } from 'kaneda-otel/bridges';
import { Counter, start } from 'kaneda-otel/cantal';
import { type Outcome, type Report, ReportExporter } from 'kaneda-otel/exporters';
import { InfluxExporter } from 'kaneda-otel/exporters/influxdb';
import { LoggerExporter } from 'kaneda-otel/exporters/logger';
import { MongoExporter } from 'kaneda-otel/exporters/mongodb';
import { trackRequests } from 'kaneda-otel/integrations/http';
import { BullMQQueue } from 'kaneda-otel/queues/bullmq';
import { RQQueue } from 'kaneda-otel/queues/rq';

class Own extends ReportExporter {
  protected override async write(reports: readonly Report[]): Promise<readonly Outcome[]> {
    return reports.map(() => 'stored');
  }
}

export function ledger(): Ledger {
  const metrics = new Metrics({ backend: [new Own(), new LoggerExporter({ filename: 'x' })] });
  metrics.increment('orders', { shop: 'a' }, 2);
  new Counter({ group: 'g', metric: 'm' }).incr();
  void start;
  return metrics.ledger();
}
export const others = [InfluxExporter, MongoExporter, BullMQQueue, RQQueue];
export const rest = [trackRequests, new CellProducer(new HeapCells())];
// @ts-expect-error there is no such option
new Metrics({ bakend: new Own() });
`;
