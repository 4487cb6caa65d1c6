import { NAMES, TYPES } from './names.js';
import { ENTRY_POINTS, specifier } from './project.js';

/** A program that names everything the package gives, and uses a part of it with its types. */
export function consumer(): string {
  const imports = ENTRY_POINTS.map(
    (entry, index) => `import * as entry${index} from '${specifier(entry)}';`,
  );
  const values = ENTRY_POINTS.flatMap((entry, index) =>
    (NAMES[entry] ?? []).map((name) => `void entry${index}.${name};`),
  );
  const types = Object.entries(TYPES).map(
    (
      [entry, names],
      index,
    ) => `import type { ${names.map((name) => `${name} as T${index}${name}`).join(', ')} } from '${specifier(entry)}';
export type Types${index} = [${names.map((name) => `T${index}${name}`).join(', ')}];`,
  );
  return [...imports, ...types, ...values, USE].join('\n');
}

const USE = `
import { Metrics, SettingsError, type Ledger } from 'kaneda-otel';
import { Counter, start } from 'kaneda-otel/cantal';
import { CellProducer, HeapCells } from 'kaneda-otel/bridges';
import { type Outcome, type Report, ReportExporter } from 'kaneda-otel/exporters';
import { LoggerExporter } from 'kaneda-otel/exporters/logger';
import { ReportQueue, Worker } from 'kaneda-otel/queues';

class Own extends ReportExporter {
  protected override async write(reports: readonly Report[], context: { signal: AbortSignal }): Promise<readonly Outcome[]> {
    context.signal.throwIfAborted();
    return reports.map((report) => (report.metric === 'event' ? 'stored' : { rejected: 'no number wanted' }));
  }
}

export async function use(queue: ReportQueue): Promise<Ledger> {
  const metrics = new Metrics({ backend: [new Own(), new LoggerExporter({ filename: 'x.log' })], exportInterval: 1_000 });
  metrics.gauge('g', 1n, ['a', 'b']);
  metrics.increment('i', { tag: true }, 2);
  metrics.timing('t', 0.1);
  const wrapped: (a: number) => Promise<string> = metrics.timed('w', { useMs: true })(async (a: number) => String(a));
  await wrapped(1);
  metrics.event('e', 'text', { version: 3 });
  metrics.custom('c', { metric: 'm', value: { x: 1 }, id: 'one' });
  metrics.remove('i', { tag: true });
  await metrics.flush({ timeout: 100 });
  // @ts-expect-error a tag cannot be an object
  metrics.increment('i', { tag: {} });
  // @ts-expect-error there is no such option
  new Metrics({ bakend: new Own() });
  const counter = new Counter({ group: 'g', metric: 'm' });
  counter.incr(5);
  const count: bigint = counter.get();
  await start({ path: '/tmp/x' }).close();
  new CellProducer(new HeapCells());
  const worker = new Worker({ queue, backend: new Own(), concurrency: 2 });
  await worker.run();
  await metrics.close();
  console.log(count);
  return metrics.ledger();
}

export function remedies(error: SettingsError): string[] {
  const code: string = error.code;
  return error.faults.map(({ path, reason, remedy }) => [code, path, reason, remedy].join());
}
`;

/** How users compile; `type` is that of their package.json. */
export const COMPILERS = [
  { name: 'node16', type: 'module', module: 'node16', moduleResolution: 'node16' },
  {
    name: 'nodenext, from CommonJS',
    type: 'commonjs',
    module: 'nodenext',
    moduleResolution: 'nodenext',
  },
  { name: 'bundler', type: 'module', module: 'esnext', moduleResolution: 'bundler' },
] as const;

/** Everything strict, as a careful user has it. */
export function compilerOptions(module: string, moduleResolution: string) {
  const strict = { strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true };
  return {
    ...strict,
    noEmit: true,
    skipLibCheck: true,
    target: 'es2022',
    lib: ['es2022', 'esnext.disposable'],
    types: ['node'],
    module,
    moduleResolution,
  };
}
