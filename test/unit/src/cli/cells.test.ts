import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { Forks } from '../../../../src/cli/top/forks.js';
import { Sampler } from '../../../../src/cli/top/sampler.js';
import { linesOf } from '../../../../src/cli/top/view.js';
import { Child } from '../../../support/children.js';
import { directory } from '../../../support/places.js';

const MAIN = fileURLToPath(new URL('../../../programs/cells/cli.ts', import.meta.url));
const command = (...args: string[]): string[] => ['--import', 'tsx', MAIN, ...args];

describe('the command line that watches cells', () => {
  let place: ReturnType<typeof directory>;
  let children: Child[];
  const kaneda = (...args: string[]) =>
    spawnSync(process.execPath, command(...args), { encoding: 'utf8' });
  const serve = async (name: string, how = 'work'): Promise<Child> => {
    const child = new Child('serve.ts', [join(place.path, name), how]);
    children.push(child);
    await child.printed(/ready/);
    return child;
  };
  beforeEach(() => {
    place = directory();
    children = [];
  });
  afterEach(async () => {
    await Promise.all(children.map((child) => child.end()));
    place.discard();
  });

  describe('kaneda read', () => {
    it('prints one process: as text, and as one JSON value with bigints as decimal text', async () => {
      const { pid } = await serve('app', 'once');
      const path = join(place.path, 'app');
      const text = kaneda('read', path);
      expect(text.status).to.equal(0);
      expect(text.stdout.split('\n')[0]).to.equal(`${path}: 9 metrics of process ${pid}, alive`);
      expect(text.stdout)
        .to.match(/^main\.ticks \{app=x\} +counter +9007199254740993$/m)
        .and.to.match(/^loop +state +idle for \d/m);
      const json = kaneda('read', path, '--json');
      const cells = JSON.parse(json.stdout) as {
        path: string;
        pid: number;
        alive: boolean;
        metrics: { kind: string; value: unknown }[];
      };
      expect(cells).to.include({ path, pid, alive: true });
      expect(cells.metrics[0]).to.deep.equal({
        kind: 'counter',
        dimensions: { app: 'x', group: 'main', metric: 'ticks' },
        value: '9007199254740993',
      });
      expect(cells.metrics.find(({ kind }) => kind === 'state')?.value).to.have.keys(
        'text',
        'since',
      );
    });

    it('shows values whose dimensions hold numbers, and counts those that it cannot show', () => {
      const path = join(place.path, 'foreign');
      const lines = [
        'counter 8: {"metric": "hits", "ok": true, "port": 80}',
        'counter 8: {"metric": "hits", "ok": true, "port": 80}',
        'level 4 signed: {"metric": "small"}',
      ];
      writeFileSync(`${path}.meta`, lines.join('\n'));
      writeFileSync(`${path}.values`, Buffer.alloc(20));

      const text = kaneda('read', path).stdout.split('\n');
      const json = JSON.parse(kaneda('read', path, '--json').stdout) as { skipped: number };
      const top = kaneda('top', place.path, '--once', '--interval', '0.1').stdout;

      expect(text[0]).to.match(/: 1 metrics.*, 2 not shown$/);
      expect(text[1]).to.match(/^hits \{ok=true, port=80\} +counter +0$/);
      expect(json.skipped).to.equal(2);
      expect(top).to.include('2 not shown').and.to.include('hits {ok=true, port=80}');
    });

    it('says what is wrong and fails', () => {
      const { status, stdout, stderr } = kaneda('read', join(place.path, 'nothing'), '--json');
      expect([status, stdout]).to.deep.equal([1, '']);
      expect(stderr).to.contain('there is no .meta file');
    });

    it('lets no file steer the terminal', () => {
      writeFileSync(
        join(place.path, 'evil.meta'),
        'counter 8: {"metric": "\\u001b[2J", "x": "\\u202e"}',
      );
      writeFileSync(join(place.path, 'evil.values'), Buffer.alloc(8));
      const { stdout } = kaneda('read', join(place.path, 'evil'));
      // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what must not be there.
      expect(stdout).to.not.match(/[\u0000-\u0009\u000b-\u001f\u202e]/);
    });
  });

  describe('kaneda top', () => {
    it('shows each process with its metrics and rates, also blocked, stopped and dead ones, once', async () => {
      await serve('working');
      await serve('blocked', 'block');
      const stopped = await serve('stopped');
      stopped.process.kill('SIGSTOP');
      const dead = await serve('dead');
      await dead.end();
      mkdirSync(join(place.path, 'strange.meta'));
      const { status, stdout } = kaneda('top', place.path, '--once', '--interval', '1.5');
      stopped.process.kill('SIGCONT');
      expect(status).to.equal(0);
      const parts = Object.fromEntries(
        stdout.split(/^(?=process )/m).map((part) => [/\/(\w+)\n/.exec(part)?.[1] ?? '', part]),
      );
      expect(parts.working)
        .to.match(/running/)
        .and.to.match(/main\.ticks \{app=x\} +\d+ +[1-9]\d*(\.\d)?\/s/);
      expect(parts.blocked)
        .to.match(/running/)
        .and.to.match(/loop +idle for/)
        .and.to.match(/\[█{30}\] █ idle 100%/);
      expect(parts.stopped)
        .to.match(/stopped/)
        .and.to.match(/main\.ticks \{app=x\} +\d+ +0\/s/);
      expect(parts.dead).to.match(/ dead /);
      expect(stdout).to.contain('1 unreadable');
    });

    it('prints plain lines again and again when it is no terminal, until nobody reads them', async () => {
      await serve('working');
      const top = spawn(process.execPath, command('top', place.path, '--interval', '0.1'), {
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      let text = '';
      while ((text.match(/main\.ticks/g) ?? []).length < 3) {
        text += String(await new Promise<Buffer>((resolve) => top.stdout.once('data', resolve)));
      }
      expect(text).to.not.contain('\u001b');
      top.stdout.destroy();
      expect(await new Promise((resolve) => top.once('exit', resolve))).to.equal(0);
    });

    it('says so where nobody publishes', () => {
      expect(kaneda('top', place.path, '--once', '--interval', '0.1').stdout).to.match(
        /^no process publishes metrics here; .*npm install koffi/,
      );
      expect(kaneda('top', '--interval', 'x').status).to.equal(1);
    });

    it('fails once where the directory cannot be read', () => {
      for (const path of [join(place.path, 'nowhere'), process.execPath]) {
        const { status, stdout, stderr } = kaneda('top', path, '--once');
        expect(status).to.equal(1);
        expect(stdout).to.equal('');
        expect(stderr).to.match(/the directory .* cannot be read \(ENO\w+\): correct the path/);
      }
    });

    for (const [how, end] of Object.entries({
      q: (tty: Terminal) => tty.type('q'),
      'Ctrl-C': (tty: Terminal) => tty.type('\u0003'),
    })) {
      it(`draws on a terminal, and leaves it clean after ${how}`, async function () {
        if (spawnSync('script', ['--version']).status !== 0) this.skip(); // util-linux's script makes the terminal
        await serve('working');
        const tty = new Terminal([
          process.execPath,
          ...command('top', place.path, '--interval', '0.2'),
        ]);
        await tty.shows(/q ends it.*working.*main\.ticks.*\/s/s);
        end(tty);
        expect(await tty.ended)
          .to.match(/CODE 0\s/)
          .and.to.match(/ icanon/)
          .and.to.match(/ echo /);
        expect(tty.text.lastIndexOf('\u001b[?25h')).to.be.above(
          tty.text.lastIndexOf('\u001b[?25l'),
        );
        // The picture was taken back, line by line, before the shell went on.
        expect(tty.text.slice(tty.text.lastIndexOf('main.ticks'))).to.contain('\u001b[2K\u001b[1A');
      });
    }

    it('filters, adds up and scrolls by keys', async function () {
      if (spawnSync('script', ['--version']).status !== 0) this.skip();
      for (const name of ['one', 'two', 'three']) await serve(name);
      const words = [process.execPath, ...command('top', place.path, '--interval', '0.2')];
      const tty = new Terminal(words, 10);
      await tty.shows(/lines 1 to 7 of \d\d/);
      tty.type('\u001b[6~');
      await tty.shows(/lines 8 to 14 of \d\d/);
      tty.type('/ticks\r');
      await tty.shows(/\/ticks \(Escape shows all\)/);
      tty.type('s');
      await tty.shows(/sum of 3 live processes\S*\r?\n.*main\.ticks/);
      tty.type('q');
      expect(await tty.ended).to.match(/CODE 0\s/);
    });
  });

  describe('forks', () => {
    const state = (text: string, since: Date | null) => ({
      kind: 'state' as const,
      dimensions: { state: 'loop' },
      value: { text, since },
    });

    it('are shares of the interval, with the branch that is taken now up to now', () => {
      const forks = new Forks(10);
      forks.gained({ state: 'loop.read', metric: 'duration' }, 2_000);
      forks.gained({ state: 'loop.write', metric: 'duration' }, 0);
      forks.gained({ state: 'other.read', metric: 'duration' }, 9_000);
      const now = 1_000_000;
      expect(forks.shares([state('write', new Date(now - 3_000))], now)).to.deep.equal([
        {
          name: 'loop',
          branches: [
            { name: 'write', share: 0.3 },
            { name: 'read', share: 0.2 },
          ],
        },
      ]);
      expect(
        forks.shares([state('write', new Date(now - 300_000))], now)[0]?.branches[0],
      ).to.deep.equal({
        name: 'write',
        share: 10_000 / 12_000,
      });
      expect(forks.shares([state('', null)], now)[0]?.branches).to.deep.equal([
        { name: 'read', share: 0.2 },
        { name: 'write', share: 0 },
      ]);
    });
  });

  describe('the picture', () => {
    it('fits the terminal', async () => {
      await serve('working');
      const sampler = new Sampler(place.path);
      sampler.sample();
      await sleep(20);
      const lines = linesOf(sampler.sample(), { columns: 20, color: true });
      expect(lines).to.have.length.above(4);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: colours take no room.
      for (const line of lines) expect(line.replace(/\u001b\[\d+m/g, '').length).to.be.at.most(20);
    });
  });
});

/** A program on a terminal of its own, made by `script`. */
class Terminal {
  text = '';
  readonly ended: Promise<string>;
  readonly #script;
  #wake: () => void = () => {};

  constructor(words: readonly string[], rows = 40) {
    const line = `stty cols 120 rows ${rows}; ${words.map((word) => `'${word}'`).join(' ')}; echo CODE $?; stty -a`;
    this.#script = spawn('script', ['-qfec', line, '/dev/null'], {
      env: { ...process.env, TERM: 'xterm', SHELL: '/bin/sh' },
    });
    this.#script.stdout.on('data', (data: Buffer) => {
      this.text += data;
      this.#wake();
    });
    this.ended = new Promise((resolve) => this.#script.on('close', () => resolve(this.text)));
  }

  type(keys: string): void {
    this.#script.stdin.write(keys);
  }

  async shows(pattern: RegExp): Promise<void> {
    while (!pattern.test(this.text)) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
