import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../smoke/project.js';

const BLOCK = /(?:<!-- (\S+) -->\n)?^```(\S*)[^\n]*\n(.*?)^```$/gms;

/** What stands under one heading of a page. */
export class Section {
  /** The programs that the page gives a file name, by that name. */
  readonly files = new Map<string, string>();
  /** The lines of its `sh` blocks, without comments. */
  readonly commands: string[] = [];
  /** Its `text` blocks: what is printed. */
  readonly prints: string[] = [];

  constructor(
    readonly heading: string,
    text: string,
  ) {
    for (const [, file, language, block] of text.matchAll(BLOCK)) {
      if (file !== undefined) this.files.set(file, block!);
      else if (language === 'sh') this.commands.push(...lines(block!));
      else if (language === 'text') this.prints.push(block!);
    }
  }

  /** The only command that begins so. @throws Error if the section has none, or several. */
  command(beginning: string): string {
    const [found, ...more] = this.commands.filter((one) => one.startsWith(beginning));
    if (found !== undefined && more.length === 0) return found;
    throw new Error(`${this.heading} has not one command ${beginning}, but ${this.commands}`);
  }
}

/** A page of the documentation, as a newcomer follows it. */
export class Page {
  readonly #sections: readonly Section[];

  constructor(readonly path: string) {
    const parts = readFileSync(join(ROOT, path), 'utf8').split(/^(?=##? )/m);
    this.#sections = parts.map((part) => new Section(part.slice(0, part.indexOf('\n')), part));
  }

  /** The only section whose heading has that in it. @throws Error if there is none, or there are several. */
  section(words: string): Section {
    const [found, ...more] = this.#sections.filter(({ heading }) => heading.includes(words));
    if (found !== undefined && more.length === 0) return found;
    throw new Error(`${this.path} has not one section "${words}"`);
  }
}

/** The lines of a block; a comment behind a command is set off by two spaces. */
function lines(block: string): string[] {
  const commands = block.split('\n').map((line) => line.split(/ {2,}#/)[0]!.trim());
  return commands.filter((line) => line !== '');
}
