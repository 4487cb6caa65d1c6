import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import ts from 'typescript';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const FOLDERS = ['src', 'bridges', 'exporters'];
const MAX_LINES = 300;
/** Lines of a function: the middle one's, and what nine of ten keep to. */
const FUNCTION_LINES = { median: 4, ninthDecile: 15 };

async function sources(folder: string): Promise<string[]> {
  const names = await readdir(join(ROOT, folder), { recursive: true });
  return names.filter((name) => name.endsWith('.ts')).map((name) => join(folder, name));
}

/** The lines of each function in a source, those within others too. */
function functionLines(text: string): number[] {
  const source = ts.createSourceFile('source.ts', text, ts.ScriptTarget.Latest, true);
  const lines: number[] = [];
  const lineAt = (position: number) => source.getLineAndCharacterOfPosition(position).line;
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node) && 'body' in node && node.body !== undefined)
      lines.push(lineAt(node.getEnd()) - lineAt(node.getStart()) + 1);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return lines;
}

/** Names of constants that hide what they count, or the unit of their time. */
const UNCLEAR_CONSTANT =
  /^ *(?:export )?const (?:(?:MOST|LONGEST|SHORTEST|FEW|MANY|ENOUGH|PATIENCE|SLACK)(?:_\w+)?|\w*(?:TIMEOUT|PAUSE|INTERVAL|HEARTBEAT|GRACE|SPACING|PATIENCE))\b[^=]*=/gm;

describe('the house', () => {
  it('keeps its functions short', async function () {
    this.timeout(120_000);
    const files = (await Promise.all(FOLDERS.map(sources))).flat();
    const texts = await Promise.all(files.map((file) => readFile(join(ROOT, file), 'utf8')));
    const lines = texts.flatMap(functionLines).sort((a, b) => a - b);
    expect(lines.length).to.be.above(1_000);
    expect(lines[lines.length >> 1]).to.be.at.most(FUNCTION_LINES.median);
    expect(lines[Math.floor(lines.length * 0.9)]).to.be.at.most(FUNCTION_LINES.ninthDecile);
  });

  it('names what a constant counts, and the unit of its time', async () => {
    const files = (await Promise.all(FOLDERS.map(sources))).flat();
    const texts = await Promise.all(files.map((file) => readFile(join(ROOT, file), 'utf8')));
    expect(texts.flatMap((text) => text.match(UNCLEAR_CONSTANT) ?? [])).to.deep.equal([]);
  });

  it('has no source file over 300 lines', async () => {
    const files = (await Promise.all(FOLDERS.map(sources))).flat();
    expect(files.length).to.be.above(100);
    const lengths = await Promise.all(
      files.map(async (file) => {
        const lines = (await readFile(join(ROOT, file), 'utf8')).trimEnd().split('\n').length;
        return { file, lines };
      }),
    );
    expect(lengths.filter(({ lines }) => lines > MAX_LINES)).to.deep.equal([]);
  });
});
