import { spawn } from 'node:child_process';
import fs, { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { INTERNALS } from '../../../../exporters/delivery/internals.js';
import { LineFile } from '../../../../exporters/stores/logger/file.js';
import { LoggerExporter } from '../../../../exporters/stores/logger/index.js';
import { plainReports } from '../../../conformance/suites/exporter.js';
import { onTerminal } from '../../../support/servers/terminal.js';

const PROGRAM = fileURLToPath(new URL('../../../programs/log-lines.ts', import.meta.url));
const NODE = [process.execPath, '--import', import.meta.resolve('tsx'), PROGRAM];

interface Ran {
  readonly output: string;
  readonly ledger: { stored: number; pending: number; dropped: object; fault?: string };
}

/** Runs a shell command; `$RUN` is the program that logs lines. */
function run(command: string, directory: string): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn('bash', ['-c', command], {
      cwd: directory,
      env: { ...process.env, RUN: NODE.join(' ') },
    });
    let [output, errors] = ['', ''];
    child.stdout.on('data', (data) => (output += data));
    child.stderr.on('data', (data) => (errors += data));
    child.once('error', reject);
    child.once('close', () => {
      const ledger = /^ledger (.*)$/m.exec(errors + output)?.[1];
      if (ledger === undefined) reject(new Error(`no ledger: ${errors}${output}`));
      else resolve({ output, ledger: JSON.parse(ledger) });
    });
  });
}

const idsIn = (text: string): string[] =>
  [...text.matchAll(/"id":"(id-\d+)"/g)].map(([, id]) => id!);
const ids = (count: number): string[] => Array.from({ length: count }, (_, i) => `id-${i}`);

describe('LoggerExporter with a file that is not a plain one', function () {
  this.timeout(120_000);
  let directory = '';
  before(function () {
    if (process.platform !== 'linux') this.skip();
    directory = mkdtempSync(join(tmpdir(), 'kaneda-log-'));
    symlinkSync('/dev/stdout', join(directory, 'link.log'));
  });
  after(() => rmSync(directory, { recursive: true, force: true }));

  for (const name of ['/dev/stdout', '/proc/self/fd/1', '/dev/fd/1', 'link.log']) {
    it(`writes each line once to ${name}, a pipe`, async () => {
      const { output, ledger } = await run(`$RUN ${name} 25`, directory);
      expect(idsIn(output)).to.deep.equal(ids(25));
      expect(ledger).to.include({ stored: 25, pending: 0 });
    });
  }

  it('writes each line once to /dev/stderr', async () => {
    const { output, ledger } = await run('$RUN /dev/stderr 25 2>&1', directory);
    expect(idsIn(output)).to.deep.equal(ids(25));
    expect(ledger).to.include({ stored: 25, pending: 0 });
  });

  it('writes behind what others write to a standard output that is a file', async () => {
    const command = '(echo first; $RUN /dev/stdout 25; echo last) > out.txt';
    const { ledger } = await run(command, directory);
    const lines = readFileSync(join(directory, 'out.txt'), 'utf8').trim().split('\n');
    expect([lines[0], lines.at(-1)]).to.deep.equal(['first', 'last']);
    expect(idsIn(lines.join('\n'))).to.deep.equal(ids(25));
    expect(ledger).to.include({ stored: 25 });
  });

  it('stores to /dev/null', async () => {
    const { ledger } = await run('$RUN /dev/null 25', directory);
    expect(ledger).to.include({ stored: 25, pending: 0 });
  });

  it('waits for space on a full device, and says so', async () => {
    const { ledger } = await run('$RUN /dev/full 5', directory);
    expect(ledger).to.deep.include({ stored: 0, dropped: { 'deadline at close': 5 } });
    expect(ledger.fault).to.match(
      /cannot write \/dev\/full: no space is left on its disk: free some space$/,
    );
  });

  it('writes each line once to a named pipe whose reader comes late and is slow', async () => {
    const command =
      'mkfifo slow; (sleep 1.5; (sleep 0.5; cat) < slow > slow.txt) & $RUN slow 2000; wait';
    const { ledger } = await run(command, directory);
    expect(idsIn(readFileSync(join(directory, 'slow.txt'), 'utf8'))).to.deep.equal(ids(2_000));
    expect(ledger).to.include({ stored: 2_000, pending: 0 });
  });

  it('keeps its lines while nobody reads a named pipe, and ends', async () => {
    const { ledger } = await run('mkfifo unread; $RUN unread 5', directory);
    expect(ledger).to.deep.include({ stored: 0, dropped: { 'deadline at close': 5 } });
    expect(ledger.fault).to.include('start its reader');
  });

  it('repeats no line to a reader that goes away, and ends', async () => {
    const { output, ledger } = await run('$RUN /dev/stdout 100 | head -1', directory);
    expect(idsIn(output)).to.deep.equal(['id-0']);
    expect(ledger.fault).to.include('its reader has ended');
  });

  it('writes each line once to a terminal', async () => {
    const [program, ...args] = await onTerminal(500);
    const quoted = [program!, ...args].map((arg) => `'${arg.replaceAll("'", `'\\''`)}'`).join(' ');
    const { output, ledger } = await run(`${quoted} $RUN /dev/stdout 25`, directory);
    expect(idsIn(output)).to.deep.equal(ids(25));
    expect(ledger).to.include({ stored: 25, pending: 0 });
  });

  it('writes each line once to a standard output that is a socket', async () => {
    const path = join(directory, 'socket');
    let text = '';
    const read = new Promise<void>((resolve) => {
      const server = createServer((socket: Socket) => {
        socket.on('data', (data) => (text += data));
        socket.on('close', () => server.close(() => resolve()));
      }).listen(path);
    });
    const python = `import os, socket, sys; s = socket.socket(socket.AF_UNIX); s.connect(${JSON.stringify(path)}); os.dup2(s.fileno(), 1); os.execvp(sys.argv[1], sys.argv[1:])`;
    const { ledger } = await run(`python3 -c '${python}' $RUN /dev/stdout 25`, directory);
    await read;
    expect(idsIn(text)).to.deep.equal(ids(25));
    expect(ledger).to.include({ stored: 25, pending: 0 });
  });
});

describe('LoggerExporter when the system fails', () => {
  const { fdatasync, write } = fs;
  let directory = '';
  let filename = '';
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'kaneda-log-'));
    filename = join(directory, 'reports.log');
  });
  afterEach(() => {
    Object.assign(fs, { fdatasync, write });
    syncBuiltinESMExports();
    rmSync(directory, { recursive: true, force: true });
  });
  const replace = (part: object): void => {
    Object.assign(fs, part);
    syncBuiltinESMExports();
  };
  const values = (): number[] =>
    readFileSync(filename, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).value);
  const failing =
    (code: string | undefined, times = Number.POSITIVE_INFINITY) =>
    (fd: number, done: (error: Error | null) => void) => {
      if (times-- > 0) setImmediate(done, Object.assign(new Error('no sync'), { code }));
      else fdatasync(fd, done);
    };

  for (const code of ['EINVAL', 'ENOTSUP', 'EROFS', 'ENOSYS', undefined]) {
    it(`stores each line once where a sync answers ${code ?? 'that it is not implemented'}`, async () => {
      replace({ fdatasync: failing(code) });
      const exporter = new LoggerExporter({ filename });
      for (let i = 0; i < 3; i++) {
        exporter[INTERNALS].accept(plainReports(2));
        await exporter.forceFlush();
      }
      await exporter.shutdown();
      expect(values()).to.deep.equal([0, 1, 0, 1, 0, 1]);
      expect(exporter.ledger()).to.include({ stored: 6, pending: 0 });
    });
  }

  for (const code of ['EIO', 'ENOSPC']) {
    it(`syncs again after ${code}, without a line twice`, async () => {
      replace({ fdatasync: failing(code, 2) });
      const exporter = new LoggerExporter({ filename });
      exporter[INTERNALS].accept(plainReports(3));
      await exporter.forceFlush();
      await exporter.shutdown();
      expect(values()).to.deep.equal([0, 1, 2]);
      expect(exporter.ledger()).to.include({ stored: 3 });
    });
  }

  it('goes on within a line after a short write and a full disk', async () => {
    let calls = 0;
    const full = (
      fd: number,
      bytes: Buffer,
      from: number,
      length: number,
      position: null,
      done: (error: Error | null, written?: number) => void,
    ): void => {
      calls += 1;
      // A third of it, then no space twice, then seven bytes at a time.
      if (calls === 2 || calls === 3)
        setImmediate(done, Object.assign(new Error('no space'), { code: 'ENOSPC' }));
      else
        write(
          fd,
          bytes,
          from,
          calls === 1 ? (length / 3 + 1) | 0 : Math.min(7, length),
          position,
          done,
        );
    };
    replace({ write: full });
    const exporter = new LoggerExporter({ filename });
    exporter[INTERNALS].accept(plainReports(10));
    await exporter.forceFlush();
    await exporter.shutdown();
    expect(values()).to.deep.equal([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(exporter.ledger()).to.include({ stored: 10, pending: 0 });
  });

  it('writes no line of a large batch twice that a full disk took in part', async () => {
    const count = 130_000;
    let calls = 0;
    const once: typeof write = ((fd: number, bytes: Buffer, from: number, ...rest: unknown[]) => {
      const [length, position, done] = rest as [number, null, (error: Error | null) => void];
      calls += 1;
      if (calls === 2) setImmediate(done, Object.assign(new Error('no space'), { code: 'ENOSPC' }));
      else write(fd, bytes, from, calls === 1 ? Math.ceil(length * 0.9) : length, position, done);
    }) as typeof write;
    replace({ write: once, fdatasync: failing('ENOSPC', 1) });
    const lines = Array.from({ length: count }, (_, i) => ({ id: `${i}`, text: `${i}\n` }));
    const file = new LineFile(filename, true);
    const { signal } = new AbortController();
    let from = 0;
    while (from < count) from += await file.append(lines.slice(from), signal).catch(() => 0);
    await file.close();
    expect(readFileSync(filename, 'utf8')).to.equal(lines.map(({ text }) => text).join(''));
  });
});
