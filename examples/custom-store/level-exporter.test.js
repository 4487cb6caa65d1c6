import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as runner from 'node:test';
import { describeExporter } from 'kaneda-otel/testing';
import { LevelExporter, readLevel } from './level-exporter.js';

const folder = mkdtempSync(join(tmpdir(), 'level-'));
runner.after(() => rmSync(folder, { recursive: true }));
let number = 0;
let location;

async function stored() {
  const reports = [];
  for await (const report of readLevel(location)) reports.push(report);
  return reports;
}

// The suite that the package's own stores pass. A folder cannot be away or silent, as a server can.
describeExporter(
  'LevelExporter',
  {
    clear: async () => {
      location = join(folder, String(number++));
    },
    make: (options) => new LevelExporter({ ...options, location, onProblem: () => {} }),
    stored,
    bad: [
      {
        what: 'a value that is too long',
        spoil: (report) => ({ ...report, value: 'x'.repeat(100_000) }),
      },
    ],
  },
  runner,
);
