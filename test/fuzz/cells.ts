/**
 * Feeds mutated `.meta` and `.values` files to the readers: whatever is in them, a reading is an answer or a `CellFileError`.
 *
 *     npx tsx test/fuzz/cells.ts [inputs] [seed]
 */
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CellFileError } from '../../bridges/errors.js';
import { readProcess } from '../../bridges/processes.js';

const SEEDS = [
  '',
  'counter 8: {"group": "main", "metric": "ticks"}\nlevel 8 signed: {"metric": "i"}\npad 48\nstate 64: {"state": "s"}',
  'level 8 float: {"a": "\\u00e9", "b": "\\ud83d\\ude00"}\nstate 100: {"state": "x"}\ncounter 8: {"m": "é"}\n',
  'pad 65535\npad 1\ncounter 8: {}\nhistogram 40: {"a": "b"}\nlevel 8 unsigned: {"c": "d"}',
];
const PIECES = [
  '\n',
  ':',
  ' ',
  '{',
  '}',
  '"',
  '\\',
  '\\u0000',
  '__proto__',
  'pad 65535\n',
  'state 65535: {}\n',
  'counter 8: {}\n',
  '8',
  '-1',
  '9999999999',
  '[[[[',
];

/** A small generator of numbers that can be repeated (mulberry32). */
function randomOf(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

function mutate(bytes: Buffer, random: (below: number) => number): Buffer {
  let mutated = bytes;
  for (let times = 1 + random(4); times > 0; times--) {
    const at = random(mutated.length + 1);
    const before = mutated.subarray(0, at);
    const [what, length] = [random(5), random(16)];
    if (what === 0 && at < mutated.length) {
      mutated = Buffer.from(mutated);
      mutated[at] = random(256);
    } else if (what === 1) mutated = Buffer.concat([before, mutated.subarray(at + length)]);
    else if (what === 2) mutated = Buffer.concat([before, mutated.subarray(at, at + length), mutated.subarray(at)]);
    else if (what === 3) mutated = Buffer.concat([before, Buffer.from(PIECES[random(PIECES.length)]!), mutated.subarray(at)]);
    else mutated = before;
  }
  return mutated;
}

export interface FuzzResult {
  read: number;
  refused: number;
  /** Anything else that was thrown. */
  surprises: string[];
}

/** Reads `inputs` mutated pairs of files. */
export function fuzzCells(inputs: number, seed: number): FuzzResult {
  const directory = mkdtempSync(
    join(statSync('/dev/shm', { throwIfNoEntry: false })?.isDirectory() ? '/dev/shm' : tmpdir(), 'kaneda-fuzz-'),
  );
  const path = join(directory, 'cells');
  const random = randomOf(seed);
  const result: FuzzResult = { read: 0, refused: 0, surprises: [] };
  try {
    for (let i = 0; i < inputs; i++) {
      const meta = mutate(Buffer.from(SEEDS[random(SEEDS.length)]!), random);
      writeFileSync(`${path}.meta`, meta);
      writeFileSync(`${path}.values`, mutate(Buffer.alloc(random(4) * 100, random(256)), random));
      try {
        JSON.stringify(readProcess(path), (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
        result.read++;
      } catch (error) {
        if (error instanceof CellFileError) result.refused++;
        else result.surprises.push(`seed ${seed}, input ${i}, ${JSON.stringify(meta.toString('latin1'))}: ${String(error)}`);
      }
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
  return result;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const inputs = Number(process.argv[2] ?? 1_000_000);
  const seed = Number(process.argv[3] ?? Date.now() % 2 ** 32);
  const before = process.memoryUsage().rss;
  const { read, refused, surprises } = fuzzCells(inputs, seed);
  const grown = Math.round((process.memoryUsage().rss - before) / 2 ** 20);
  console.log(`seed ${seed}: ${read} read, ${refused} refused, ${surprises.length} surprises; memory grew by ${grown} MiB`);
  for (const surprise of surprises.slice(0, 20)) console.log(surprise);
  process.exitCode = surprises.length > 0 || grown > 512 ? 1 : 0;
}
