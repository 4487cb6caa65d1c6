import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { Example, type Running, tarball } from '../smoke/example.js';
import type { Page, Section } from './page.js';
import type { Stopwatch } from './stopwatch.js';

/**
 * Follows pages in a folder that is empty at first: every program and every command is the page's own. The package is
 * installed from the packed tarball, and addresses are replaced by those of the servers that run.
 */
export class Reader {
  readonly place: Example;
  readonly #addresses = new Map<string, string>();
  readonly #exports: Record<string, string> = {};

  constructor(
    name: string,
    readonly watch: Stopwatch,
  ) {
    this.place = Example.empty(name);
    mkdirSync(this.place.folder, { recursive: true });
  }

  /** Reads an address, or a port, of the pages as another one. */
  at(written: string, real: string): void {
    this.#addresses.set(written, real);
  }

  /** Writes the programs of a section into their files. */
  write({ files }: Section): void {
    for (const [path, source] of files)
      writeFileSync(join(this.place.folder, path), this.#translate(source));
  }

  /** Runs the commands of a section, all or those given, one after the other; what they print, in that order. */
  async run(section: Section, commands: readonly string[] = section.commands): Promise<string[]> {
    const printed: string[] = [];
    for (const command of commands) {
      if (command.startsWith('export ')) this.#export(command);
      else printed.push(await this.watch.step(command, () => this.#run(command)));
    }
    return printed;
  }

  /** Follows a section to its end: writes its programs and runs its commands. */
  follow(page: Page, words: string): Promise<string[]> {
    const section = page.section(words);
    this.write(section);
    return this.run(section);
  }

  /** Starts a command that does not end by itself, on a port of its own. */
  start(command: string, ...more: readonly string[]): Running {
    // Without npx between, which would leave it running when it is killed.
    const line = [this.#translate(command).replace(/^npx /, ''), ...more].join(' ');
    return this.place.launch(line, this.#exports);
  }

  async #run(command: string): Promise<string> {
    const install = command.startsWith('npm install');
    const line = install ? command.replace(/(?<=\s)kaneda-otel(?=\s|$)/, await tarball()) : command;
    const printed = await this.place.run(this.#translate(line), this.#exports);
    return stripVTControlCharacters(printed);
  }

  #export(command: string): void {
    for (const assignment of this.#translate(command).split(' ').slice(1)) {
      const at = assignment.indexOf('=');
      this.#exports[assignment.slice(0, at)] = assignment.slice(at + 1);
    }
  }

  #translate(text: string): string {
    let translated = text;
    for (const [written, real] of this.#addresses)
      translated = translated.replaceAll(written, real);
    return translated;
  }
}
