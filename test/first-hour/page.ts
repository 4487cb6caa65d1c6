import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../smoke/project.js';

/** A page of the documentation, as a newcomer copies from it. */
export class Page {
  readonly #blocks: { readonly language: string; readonly text: string }[];

  constructor(readonly path: string) {
    const blocks = readFileSync(join(ROOT, path), 'utf8').matchAll(/^```([^\n]*)\n(.*?)^```$/gms);
    this.#blocks = [...blocks].map(([, language, text]) => ({ language: language!, text: text! }));
  }

  /** That line, which must be a command of the page. @throws Error if the page does not have it. */
  command(line: string): string {
    const lines = this.#blocks
      .filter(({ language }) => language === 'sh')
      .flatMap(({ text }) => text.split('\n'));
    // A comment behind a command is set off by two spaces.
    if (lines.some((one) => one.split(/ {2,}#/)[0]?.trim() === line)) return line;
    throw new Error(`${this.path} has no command \`${line}\``);
  }

  /** The first program in a language, as the block's first line names it. @throws Error without one. */
  program(language: string): string {
    const found = this.#blocks.find((block) => block.language === language);
    if (found === undefined) throw new Error(`${this.path} has no program in ${language}`);
    return found.text;
  }
}
