/**
 * Feeds mutated `.meta` and `.values` files to the readers: whatever is in them, a reading is an answer or a `CellFileError`.
 *
 *     npx tsx test/fuzz/cells.ts [inputs] [seed]
 */
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CellFileError } from '../../bridges/cells/errors.js';
import { readProcess } from '../../bridges/observe-processes.js';
import { type FuzzResult, fuzz, mutate, randomOf } from './mutation.js';

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

/** Reads `inputs` mutated pairs of files. */
export function fuzzCells(inputs: number, seed: number): FuzzResult {
  const directory = mkdtempSync(
    join(
      statSync('/dev/shm', { throwIfNoEntry: false })?.isDirectory() ? '/dev/shm' : tmpdir(),
      'kaneda-fuzz-',
    ),
  );
  const path = join(directory, 'cells');
  const random = randomOf(seed);
  const result: FuzzResult = { read: 0, refused: 0, surprises: [] };
  try {
    for (let i = 0; i < inputs; i++) {
      const meta = mutate(Buffer.from(SEEDS[random(SEEDS.length)]!), PIECES, random);
      writeFileSync(`${path}.meta`, meta);
      writeFileSync(
        `${path}.values`,
        mutate(Buffer.alloc(random(4) * 100, random(256)), PIECES, random),
      );
      try {
        JSON.stringify(readProcess(path), (_, value: unknown) =>
          typeof value === 'bigint' ? String(value) : value,
        );
        result.read++;
      } catch (error) {
        if (error instanceof CellFileError) result.refused++;
        else
          result.surprises.push(
            `seed ${seed}, input ${i}, ${JSON.stringify(meta.toString('latin1'))}: ${String(error)}`,
          );
      }
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
  return result;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await fuzz(fuzzCells);
