import { join } from 'node:path';
import { expect } from 'chai';
import ts from 'typescript';
import { ENTRY_POINTS } from '../../../entry-points.js';
import { ROOT, read } from './pages.js';

/** Pages whose examples want a server: they are not run here, so at least they compile. */
const PAGES = [
  'docs/asynchronous.md',
  'docs/dashboards.md',
  'docs/reading.md',
  'docs/stores/elasticsearch.md',
  'docs/stores/influxdb.md',
  'docs/stores/mongodb.md',
  'docs/stores/otlp.md',
  'docs/stores/rethinkdb.md',
  'docs/what-to-ask.md',
];

/** What an example that is no whole program has from its surroundings. */
const AROUND = `import type { Metrics, ReportExporter } from 'kaneda-otel';
import type * as reading from 'kaneda-otel/reading';
declare global {
  const metrics: Metrics; const exporter: ReportExporter;
  const readReports: typeof reading.readReports; const summarize: typeof reading.summarize;
  const route: string; const status: number; const seconds: number;
  const db: any; const r: any;
}`;

/** The examples as modules beside this file, by their paths. */
const modules = new Map([
  [join(import.meta.dirname, 'around.d.ts'), AROUND],
  ...PAGES.flatMap((page) =>
    [...read(page).matchAll(/^```(js|ts)\b[^\n]*\n(.*?)^```$/gms)].map(
      ({ index, 1: language, 2: source }): [string, string] => [
        join(import.meta.dirname, `${page.replaceAll(/\W/g, '-')}-${index}.${language}`),
        `${source}\nexport {};`,
      ],
    ),
  ),
]);

/** The compiler's host, which has the examples in memory. */
function hostWithExamples(options: ts.CompilerOptions): ts.CompilerHost {
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile, getSourceFile } = host;
  host.fileExists = (path) => modules.has(path) || fileExists(path);
  host.readFile = (path) => modules.get(path) ?? readFile(path);
  host.getSourceFile = (path, ...rest) => {
    const text = modules.get(path);
    return text === undefined
      ? getSourceFile(path, ...rest)
      : ts.createSourceFile(path, text, ...(rest.slice(0, 1) as [ts.ScriptTarget]));
  };
  return host;
}

describe('the examples that want a server', () => {
  it('compile against the sources', function () {
    this.timeout(180_000);
    const { config } = ts.readConfigFile(join(ROOT, 'tsconfig.json'), ts.sys.readFile);
    const { options } = ts.parseJsonConfigFileContent({ ...config, include: [] }, ts.sys, ROOT);
    const paths = Object.fromEntries(
      Object.entries(ENTRY_POINTS).map(([entry, file]) => [
        entry === 'index' ? 'kaneda-otel' : `kaneda-otel/${entry}`,
        [join(ROOT, file)],
      ]),
    );
    const all = { ...options, paths, allowJs: true, checkJs: true, noImplicitAny: false };
    const program = ts.createProgram([...modules.keys()], all, hostWithExamples(all));
    const faults = [...modules.keys()].flatMap((path) =>
      ts
        .getPreEmitDiagnostics(program, program.getSourceFile(path))
        .map(({ messageText }) => `${path}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`),
    );
    expect(modules.size).to.be.above(PAGES.length);
    expect(faults).to.deep.equal([]);
  });
});
