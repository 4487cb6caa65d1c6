import { spawn } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { runtime } from '../support/servers/runtimes.js';
import { orSkip } from '../support/servers/server.js';
import { developedWith, pack, project } from './project.js';

/** Records with the ready-made metrics, into a log and into a file, and counts in Cantal's cells. */
const PROGRAM = `
import { metrics, Metrics } from 'kaneda-otel';
import { Counter, start } from 'kaneda-otel/cantal';
import { LoggerExporter } from 'kaneda-otel/exporters/logger';
const told = [];
process.on('warning', ({ code, message }) => told.push([code, message]));
metrics.increment('x');
metrics.event('a', 'b');
await metrics.close({ timeout: 1000 });
const names = [];
const open = new Metrics({ backend: new LoggerExporter({ logger: { info: ({ name }) => names.push(name) } }) });
open.increment('x');
open.event('a', 'b');
await open.flush();
const filename = new URL('./write/m.log', import.meta.url).pathname;
const backend = new LoggerExporter({ filename });
const file = new Metrics({ backend });
file.event('a', 'b');
for (let i = 0; i < 1_000 && backend.fault === undefined; i++) await new Promise((resolve) => setTimeout(resolve, 20));
const fault = await file.flush({ timeout: 200 }).then(() => null, ({ cause }) => cause?.message);
const counter = new Counter({ group: 'g', metric: 'm' });
const active = start();
counter.incr();
await new Promise((resolve) => setTimeout(resolve, 50));
console.log(JSON.stringify({ refused: metrics.ledger().refused, names, fault, count: String(counter.get()), told }));
process.exit();
`;

interface Said {
  readonly refused: Record<string, number>;
  readonly names: readonly string[];
  readonly fault: string | null;
  readonly count: string;
  readonly told: readonly (readonly [code: string, message: string])[];
}

/** A program that may do nothing but read its own files, and what is done without. */
interface Lane {
  readonly name: string;
  command(): Promise<string>;
  args(folder: string): readonly string[];
  /** The flags that are named. */
  readonly names: readonly RegExp[];
  readonly fault: RegExp;
}

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
const ownFlag =
  major > 23 || (major === 23 && minor >= 5) ? '--permission' : '--experimental-permission';
const DENO = ['run', '--no-prompt', '--node-modules-dir=manual'];
const LANES: readonly Lane[] = [
  {
    name: `Node ${major} ${ownFlag}`,
    command: async () => process.execPath,
    args: (folder) => [ownFlag, `--allow-fs-read=${folder}/*`],
    names: [/CELLS_IN_MEMORY.*(FileSystemWrite|--allow-fs-write|FileSystemRead|--allow-fs-read)/],
    fault: /start Node with --allow-fs-write=\S+write\/m\.log/,
  },
  {
    name: 'Node 24 --permission',
    command: () => runtime('node'),
    args: (folder) => ['--permission', `--allow-fs-read=${folder}/*`],
    names: [/CELLS_IN_MEMORY.*(FileSystemWrite|--allow-fs-write|FileSystemRead|--allow-fs-read)/],
    fault: /start Node with --allow-fs-write/,
  },
  {
    name: 'Deno without a permission',
    command: () => runtime('deno'),
    args: () => DENO,
    names: [
      /PERMISSION.*--allow-env/,
      /PERMISSION.*--allow-sys/,
      /PERMISSION.*--allow-read/,
      /CELLS_IN_MEMORY.*--allow/,
    ],
    fault: /start Deno with --allow-(read|write)/,
  },
  {
    name: 'Deno without ffi and write',
    command: () => runtime('deno'),
    args: () => [...DENO, '--allow-read', '--allow-env', '--allow-sys'],
    names: [/CELLS_IN_MEMORY.*--allow/],
    fault: /start Deno with --allow-write/,
  },
];

describe('the packed tarball in a program without permissions', function () {
  this.timeout(300_000);
  let folder: string;
  before(async () => {
    const { tarball } = await pack();
    folder = await project(
      tarball,
      ...developedWith('@opentelemetry/api', '@opentelemetry/sdk-metrics', 'koffi'),
    );
    writeFileSync(join(folder, 'program.mjs'), PROGRAM);
    mkdirSync(join(folder, 'write'), { recursive: true });
  });
  after(() => folder && rmSync(folder, { recursive: true, force: true }));

  for (const { name, command, args, names, fault } of LANES) {
    it(`records, and names what is missing: ${name}`, async function () {
      const program = await orSkip(this, command);
      const said = await runIn(folder, program, [...args(folder), 'program.mjs']);
      // No provider ever came for the ready-made metrics' event; nothing else is refused.
      expect(said.refused).to.deep.equal({ waiting: 1 });
      expect([...said.names].sort()).to.deep.equal(['a', 'x']);
      expect(said.count).to.equal('1');
      expect(said.fault).to.match(fault);
      const told = said.told.map((one) => one.join(' '));
      for (const wanted of names)
        expect(
          told.some((one) => wanted.test(one)),
          `${wanted} in ${told.join('\n')}`,
        ).to.equal(true);
    });
  }
});

/** Its last line; the program must end with 0. */
function runIn(cwd: string, command: string, args: readonly string[]): Promise<Said> {
  const env = { PATH: process.env.PATH, HOME: process.env.HOME };
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env });
    let out = '';
    let err = '';
    child.stdout.on('data', (data) => {
      out += data;
    });
    child.stderr.on('data', (data) => {
      err += data;
    });
    child.once('error', reject);
    child.once('close', (code) => {
      if (code !== 0) reject(new Error(`ended with ${code}: ${out}${err}`));
      else resolve(JSON.parse(out.trimEnd().split('\n').at(-1)!) as Said);
    });
  });
}
