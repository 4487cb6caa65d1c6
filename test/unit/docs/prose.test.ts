import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The folders whose comments are held to the rules. */
const SOURCES = ['src', 'bridges', 'exporters'];
const TEXTS = ['docs', 'README.md', 'examples'];
const MAX_COLUMNS = 100;

interface Line {
  readonly at: string;
  readonly text: string;
  /** True for the first line of a doc comment. */
  readonly opensDoc: boolean;
}

const PHRASES: readonly (readonly [RegExp, string])[] = [
  [/\banew\b/i, 'say "again"'],
  [/\bmend(s|ed|ing)?\b/i, 'say "fix"'],
  [/\bshall\b/i, 'say "must" or "will"'],
  [/\bfor want of\b/i, 'say "because … is missing"'],
  [/\bin vain\b/i, 'say "without success"'],
  [/\ball the same\b/i, 'say "still" or "anyway"'],
  [/\bsaid once\b/i, 'say "logged once"'],
  [/(?<!\bthere )\b(is|are) no (?!longer\b|more\b|less\b)\w/i, 'say "is not a …"'],
];
const DOC_OPENING = /^(What|Whether|Where|How)\b/;
const SPACED_NUMBER = /(?<![\d.,])\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?![\d.,]*\d)/;

/** Returns the files below `root` whose name ends in `suffix`; a file is its own list. */
function filesBelow(root: string, suffix: string): string[] {
  if (root.endsWith(suffix)) return [root];
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(suffix))
    .map((name) => join(root, name))
    .sort();
}

/** Returns the words of every comment line of a TypeScript file. */
function* commentLines(file: string): Generator<Line & { readonly columns: number }> {
  let inBlock = false;
  let opens = false;
  for (const [index, line] of readFileSync(file, 'utf8').split('\n').entries()) {
    const start: RegExpExecArray | null = inBlock
      ? null
      : /^\s*\/\*\*?|^\s*\/\/|\s\/\/ |\s\/\*\*? /.exec(line);
    if (!inBlock && start === null) continue;
    const raw: string = start === null ? line : line.slice(start.index + start[0].length);
    const block: boolean = inBlock || (start?.[0].includes('/*') ?? false);
    if (start?.[0].includes('/**')) opens = true;
    inBlock = block && !raw.includes('*/');
    const text = raw
      .replace(/^\s*\*(?!\/)/, '')
      .replace(/\*\/.*$/, '')
      .trim();
    yield {
      at: `${file}:${index + 1}`,
      text,
      opensDoc: opens && text !== '',
      columns: line.length,
    };
    if (text !== '' || !inBlock) opens = false;
  }
}

/** Returns the lines of a Markdown file outside its code blocks. */
function* markdownLines(file: string): Generator<Line> {
  let inCode = false;
  for (const [index, text] of readFileSync(file, 'utf8').split('\n').entries()) {
    if (/^\s*(```|~~~)/.test(text)) inCode = !inCode;
    else if (!inCode) yield { at: `${file}:${index + 1}`, text, opensDoc: false };
  }
}

function* faultsOf({ at, text, opensDoc }: Line): Generator<string> {
  const words = text.replace(/`[^`]*`|https?:\S+/g, '``');
  if (opensDoc && DOC_OPENING.test(words)) yield `${at}: begin with a noun or a verb: ${text}`;
  for (const [phrase, advice] of PHRASES) if (phrase.test(words)) yield `${at}: ${advice}: ${text}`;
  const number = SPACED_NUMBER.exec(words)?.[0];
  if (number !== undefined) yield `${at}: write ${number.replace(/\s/g, ',')}: ${text}`;
}

function faultsOfSource(file: string): string[] {
  return [...commentLines(file)].flatMap((line) => [
    ...faultsOf(line),
    // An address and a directive cannot be broken.
    ...(line.columns > MAX_COLUMNS && !/https?:|^biome-ignore/.test(line.text)
      ? [`${line.at}: ${line.columns} columns, wrap at ${MAX_COLUMNS}`]
      : []),
  ]);
}

/** Throws with every fault: a comparison of lists would show the first ones only. */
function assertNone(faults: readonly string[]): void {
  if (faults.length > 0) assert.fail(`\n${faults.join('\n')}`);
}

describe('the prose', () => {
  for (const folder of SOURCES) {
    it(`of the comments in ${folder}/ keeps the rules`, () => {
      assertNone(filesBelow(folder, '.ts').flatMap(faultsOfSource));
    });
  }

  for (const text of TEXTS) {
    it(`of ${text} keeps the rules`, () => {
      const faults = filesBelow(text, '.md').flatMap((file) =>
        [...markdownLines(file)].flatMap((line) => [...faultsOf(line)]),
      );
      assertNone(faults);
    });
  }
});
