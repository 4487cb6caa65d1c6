/* npm run api: writes what each entry point exports, with its types, into test/types/api */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import ts from 'typescript';
import { ENTRY_POINTS } from '../../entry-points.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const FORMAT =
  ts.TypeFormatFlags.NoTruncation |
  ts.TypeFormatFlags.UseSingleQuotesForStringLiteralType |
  ts.TypeFormatFlags.WriteArrayAsGenericType;

/** The folder with a report for each entry point. */
export const API_FOLDER = join(ROOT, 'test/types/api');

/** The file of an entry point's report: `exporters/influxdb` is in `exporters.influxdb.txt`. */
export const fileOf = (entry: string): string => `${entry.replaceAll('/', '.')}.txt`;

/** Reads the entry points' sources. @returns the text of each entry point's report, by its name */
export function apiReports(): Map<string, string> {
  const { config } = ts.readConfigFile(join(ROOT, 'tsconfig.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [] }, ts.sys, ROOT);
  const files = Object.values(ENTRY_POINTS).map((file) => join(ROOT, file));
  const program = ts.createProgram(files, options);
  const checker = program.getTypeChecker();
  return new Map(
    Object.entries(ENTRY_POINTS).map(([entry, file]) => {
      const source = checker.getSymbolAtLocation(program.getSourceFile(join(ROOT, file))!)!;
      const symbols = checker.getExportsOfModule(source);
      const lines = symbols
        .sort((a, b) => (a.name < b.name ? -1 : 1))
        .flatMap((symbol) => describe(checker, symbol));
      return [entry, `${lines.join('\n')}\n`];
    }),
  );
}

/** The lines for one export: itself, and its members. */
function describe(checker: ts.TypeChecker, exported: ts.Symbol): string[] {
  const symbol =
    exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
  const { name } = exported;
  if (symbol.flags & ts.SymbolFlags.Class) {
    const type = checker.getDeclaredTypeOfSymbol(symbol) as ts.InterfaceType;
    const made = checker.getTypeOfSymbol(symbol);
    return [
      `class ${name}${heritage(symbol)}`,
      ...made.getConstructSignatures().map((signature) => {
        const text = checker.signatureToString(signature, undefined, FORMAT);
        return `  new ${text.slice(0, text.lastIndexOf('): ') + 1)}`;
      }),
      ...members(checker, own(made.getProperties(), symbol), 'static '),
      ...members(checker, own(type.getProperties(), symbol)),
    ];
  }
  if (symbol.flags & ts.SymbolFlags.Interface) {
    const type = checker.getDeclaredTypeOfSymbol(symbol);
    return [
      `interface ${name}${heritage(symbol)}`,
      ...type
        .getCallSignatures()
        .map((call) => `  ${checker.signatureToString(call, undefined, FORMAT)}`),
      ...members(checker, own(type.getProperties(), symbol)),
    ];
  }
  if (symbol.flags & ts.SymbolFlags.TypeAlias) {
    const flags = FORMAT | ts.TypeFormatFlags.InTypeAlias;
    const type = checker.getDeclaredTypeOfSymbol(symbol);
    return [`type ${name} = ${checker.typeToString(type, undefined, flags)}`];
  }
  const kind = symbol.flags & ts.SymbolFlags.Function ? 'function' : 'const';
  return [
    `${kind} ${name}: ${checker.typeToString(checker.getTypeOfSymbol(symbol), undefined, FORMAT)}`,
  ];
}

/** `extends` and `implements`, as written. */
function heritage(symbol: ts.Symbol): string {
  const clauses = symbol.declarations?.flatMap((declaration) =>
    ts.isClassDeclaration(declaration) || ts.isInterfaceDeclaration(declaration)
      ? (declaration.heritageClauses ?? []).map((clause) => clause.getText())
      : [],
  );
  return clauses?.length ? ` ${clauses.join(' ')}` : '';
}

/** The members that a class or interface declares itself. */
const own = (properties: readonly ts.Symbol[], owner: ts.Symbol): ts.Symbol[] =>
  properties.filter((property) =>
    property.declarations?.some(
      ({ parent }) => owner.declarations?.includes(parent as ts.Declaration) ?? false,
    ),
  );

/** A line for each member that users see. Names with a # or of a symbol of ours are not theirs. */
function members(checker: ts.TypeChecker, properties: readonly ts.Symbol[], before = ''): string[] {
  return properties
    .filter(
      ({ name }) => name !== 'prototype' && !/^(#|__#|__@(?!asyncDispose|dispose))/.test(name),
    )
    .map((member) => {
      const flags = ts.getCombinedModifierFlags(member.declarations![0]!);
      const words = [
        flags & ts.ModifierFlags.Protected ? 'protected ' : '',
        flags & ts.ModifierFlags.Abstract ? 'abstract ' : '',
        flags & ts.ModifierFlags.Readonly ? 'readonly ' : '',
      ].join('');
      const type = checker.typeToString(checker.getTypeOfSymbol(member), undefined, FORMAT);
      const optional = member.flags & ts.SymbolFlags.Optional ? '?' : '';
      const name = member.name.replace(/^__@(\w+)@\d+$/, '[Symbol.$1]');
      return `  ${before}${words}${name}${optional}: ${type}`;
    })
    .sort();
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  mkdirSync(API_FOLDER, { recursive: true });
  for (const [entry, text] of apiReports()) writeFileSync(join(API_FOLDER, fileOf(entry)), text);
}
