import { sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import ts from 'typescript';
import { ENTRY_POINTS } from '../../entry-points.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const OWN = ['src', 'bridges', 'exporters'].map((folder) => `${ROOT}${folder}${sep}`);

/** Short names for what has a name already: the class behind `Fork`, any function. */
const NAMED_OTHERWISE = new Set(['ForkOfBranches', 'Runs']);

const isHidden = (node: ts.Node): boolean =>
  (ts.isClassElement(node) && node.name !== undefined && ts.isPrivateIdentifier(node.name)) ||
  (ts.canHaveModifiers(node) &&
    ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.PrivateKeyword) === true) ||
  ts.getJSDocTags(node).some(({ tagName }) => tagName.text === 'internal');

/** The implementation behind overloads, which its callers do not see. */
const isImplementation = (node: ts.Node): boolean =>
  ts.isConstructorDeclaration(node) &&
  node.body !== undefined &&
  node.parent.members.some((other) => ts.isConstructorDeclaration(other) && !other.body);

/** The names in the types of a declaration, as its users see it: without bodies and private members. */
function* typeNames(node: ts.Node): Generator<ts.EntityName> {
  if (isHidden(node) || isImplementation(node) || ts.isBlock(node)) return;
  if (ts.isTypeReferenceNode(node)) yield node.typeName;
  const { initializer } = node as { initializer?: ts.Node };
  for (const child of node.getChildren()) if (child !== initializer) yield* typeNames(child);
}

describe('the public types', () => {
  it('name no type that cannot be imported', () => {
    const files = Object.values(ENTRY_POINTS).map((file) => `${ROOT}${file}`);
    const { options } = ts.parseJsonConfigFileContent(
      ts.readConfigFile(`${ROOT}tsconfig.json`, ts.sys.readFile).config,
      ts.sys,
      ROOT,
    );
    const program = ts.createProgram(files, options);
    const checker = program.getTypeChecker();
    const original = (symbol: ts.Symbol): ts.Symbol =>
      symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
    const exported = new Set(
      files.flatMap((file) =>
        checker
          .getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(file)!)!)
          .map(original),
      ),
    );
    const isOwn = (symbol: ts.Symbol): boolean =>
      symbol.declarations?.some(
        (node) =>
          OWN.some((folder) => node.getSourceFile().fileName.startsWith(folder)) &&
          !ts.isTypeParameterDeclaration(node),
      ) === true;

    const forgotten = new Set<string>();
    for (const symbol of exported) {
      for (const declaration of (isOwn(symbol) && symbol.declarations) || [])
        for (const name of typeNames(declaration)) {
          const found = checker.getSymbolAtLocation(name);
          if (found === undefined || !isOwn(original(found))) continue;
          if (NAMED_OTHERWISE.has(found.name)) continue;
          if (!exported.has(original(found))) forgotten.add(`${symbol.name}: ${found.name}`);
        }
    }

    expect([...forgotten]).to.deep.equal([]);
    expect(exported.size).to.be.above(100);
  }).timeout(120_000);
});
