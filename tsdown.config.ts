import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { minify, parse } from 'rolldown/utils';
import { defineConfig } from 'tsdown';
import { BOARD_PAGE } from './board-page.js';
import { ENTRY_POINTS } from './entry-points.js';

const shared = {
  platform: 'node',
  target: 'node20.19',
  tsconfig: 'tsconfig.build.json',
  hash: false,
  treeshake: true,
  minify: false,
} as const;

/**
 * Takes comments and white space out of the code, and shortens the names of variables and private fields. Functions, classes and
 * methods keep their names, and each its line: a stack trace is readable, and an uncaught error shows a line and not a file.
 */
const shorter = {
  name: 'shorter',
  async renderChunk(code: string, { fileName }: { fileName: string }) {
    if (!/\.[mc]?js$/.test(fileName)) return null;
    const { code: shortened } = await minify(fileName, code, {
      compress: { keepNames: { function: true, class: true } },
      mangle: { toplevel: true, keepNames: true },
    });
    const named = withShortFields(shortened, (await parse(fileName, shortened)).program);
    const { program } = await parse(fileName, named);
    return { code: brokenAt(named, endsIn(program)), map: null };
  },
};

/** The code with private fields under short names, which begin again in each class. Private methods keep theirs. */
function withShortFields(code: string, program: Node): string {
  const uses = [...shortNames(program, new Map())];
  const between = [0, ...uses.map(({ end }) => end)].map((start, i) =>
    code.slice(start, uses[i]?.start),
  );
  return between.map((text, i) => text + (uses[i]?.short ?? '')).join('');
}

interface Use {
  readonly start: number;
  readonly end: number;
  readonly short: string;
}

/**
 * The uses of private fields, in order, and their short names.
 * @param known of the classes around the node: a class within a class has names of its own.
 */
function* shortNames(node: Node, known: ReadonlyMap<string, string>): Generator<Use> {
  const { type, name, start, end } = node;
  const short = type === 'PrivateIdentifier' ? known.get(name!) : undefined;
  if (short !== undefined) yield { start, end, short };
  const names = type === 'ClassBody' ? new Map([...known, ...fieldsOf(node, known.size)]) : known;
  const children = Object.values(node).flat().filter(isNode);
  for (const child of children.sort((a, b) => a.start - b.start)) yield* shortNames(child, names);
}

const fieldsOf = ({ body }: Node & { readonly body?: readonly Node[] }, from: number) =>
  body!
    .filter(({ type, key }) => type === 'PropertyDefinition' && key?.type === 'PrivateIdentifier')
    .map(({ key }, i) => [key!.name!, `#${shortName(from + i)}`] as const);

/** No private method has such a name. */
const shortName = (i: number): string => (i < 26 ? String.fromCharCode(97 + i) : `_${i}`);

const isNode = (value: unknown): value is Node => typeof (value as Node | null)?.type === 'string';

/** Where the statements of a file, and the members of its classes, end. */
function endsIn({ body }: { readonly body: readonly Node[] }): number[] {
  const members = (node: Node): Node[] =>
    Object.values(node).flatMap((child) => {
      if (child === null || typeof child !== 'object') return [];
      const { type, body } = child as Node & { readonly body: Node[] };
      return type === 'ClassBody' ? body : members(child as Node);
    });
  return body
    .flatMap((statement) => [...members(statement), statement])
    .map(({ end }) => end)
    .sort((a, b) => a - b);
}

interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly name?: string;
  readonly key?: Node;
}

function brokenAt(code: string, ends: readonly number[]): string {
  return [0, ...ends].map((start, i) => code.slice(start, ends[i])).join('\n');
}

/**
 * Takes Node's own modules by a call. An `import` of one reads all its getters, which loads Web Crypto and Node's streams:
 * a third of what it takes to load this package.
 */
const builtinsByCall = {
  name: 'builtins-by-call',
  renderChunk: (code: string) => ({
    code: code.replace(
      /^import (?:\{ (.+) \}|(?:\* as )?(\w+)) from "(node:[\w/]+)";$/gm,
      (_, names: string | undefined, name: string | undefined, module: string) =>
        `const ${name ?? `{ ${names?.replaceAll(' as ', ': ')} }`} = process.getBuiltinModule("${module}");`,
    ),
    map: null,
  }),
};

/**
 * Requires what the CommonJS files would import: Jest cannot `import()` in its default mode. In a `try`, because bundlers then
 * let a package be missing, as they do where an `import()` has a `catch`.
 */
const importsByRequire = {
  name: 'imports-by-require',
  renderChunk: (code: string) => ({
    code: code.replace(
      /\bimport\(("[^"]+")\)/g,
      '(async () => { try { return require($1); } catch (error) { throw error; } })()',
    ),
    map: null,
  }),
};

/** Each file more takes half a millisecond to find, and a hundred bytes in the package. */
const GROUPS = [
  {
    // Modules without dependencies that most entry points share.
    name: 'shared',
    // Not their declarations, which are `.d.ts`.
    test: /(timing.(sleep|real-timers)|system.real-timers|(diagnostics|problems).(tell|first-words)|cells.tell-problem|bridges.(assert-arguments|cell-instruments)|errors|faults|instrument-names|setup.(registry|address)|diagnostics.inspect-as|reports.quoted)\.ts$/,
  },
  {
    // By itself, so that no chunk of the cells is longer than gzip looks back: the CommonJS file would take its whole size.
    name: 'series',
    test: /cells.series.[\w-]+\.ts$/,
  },
  {
    // What every exporter and queue loads.
    name: 'report-exporter',
    test: /exporters.(report-exporter|reading.(field-values|nearly-sorted|merge-sorted|from-document)|reports.[\w-]+|setup.[\w-]+|timing.[\w-]+)\.ts$/,
  },
];

/**
 * Chunks have a folder for each format, and end in `.js` in both: npm puts files of one extension and name side by side into the
 * package, where the second of two that are nearly the same takes next to nothing.
 */
const chunks = (format: 'esm' | 'cjs') => (options: { chunkFileNames?: unknown }) => ({
  ...options,
  codeSplitting: { groups: GROUPS },
  // The CommonJS files write a getter for each name that chunks share.
  minifyInternalExports: true,
  chunkFileNames: ({ name }: { name: string }) =>
    name.endsWith('.d') ? `chunks/${name}.cts` : `chunks/${format}/${name}.js`,
});

/** The package's own format is ESM. */
function markCommonJs(): void {
  writeFileSync('dist/chunks/cjs/package.json', '{"type":"commonjs"}\n');
}

/**
 * Both formats have the types of the CommonJS one: a class with private members that is declared twice is two types,
 * and an exporter from one format would not be taken by the other.
 */
function declareForImport(): void {
  for (const entry of Object.keys(ENTRY_POINTS)) {
    const file = `dist/${entry}.d.mts`;
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `export * from './${basename(entry)}.cjs';\n`);
  }
}

/** One file for each entry point, ESM and CommonJS, with types for each; the command line is ESM alone. */
export default defineConfig([
  {
    ...shared,
    entry: { ...ENTRY_POINTS, cli: 'src/cli/main.ts' },
    format: 'esm',
    dts: false,
    clean: true,
    plugins: [builtinsByCall, shorter],
    outputOptions: chunks('esm'),
    onSuccess: declareForImport,
  },
  {
    ...shared,
    entry: ENTRY_POINTS,
    format: 'cjs',
    dts: true,
    clean: false,
    plugins: [importsByRequire, shorter],
    outputOptions: chunks('cjs'),
    onSuccess: markCommonJs,
  },
  BOARD_PAGE,
]);
