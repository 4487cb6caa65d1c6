import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

const TMPFS = 0x01021994;
const cells = new URL('../../../../bridges/cells/mapped/mapped-cells.ts', import.meta.url);
const program = `
  import { mkdirSync } from 'node:fs';
  import { join } from 'node:path';
  import { MappedCells } from ${JSON.stringify(fileURLToPath(cells))};
  const [, place] = process.argv;
  const all = [];
  for (const folder of ['one', 'two']) {
    mkdirSync(join(place, folder));
    for (let i = 0; i < 10; i++) all.push(MappedCells.create(join(place, folder, 'cells' + i)));
  }
  for (const each of all) each.close();
`;

describe('cells in files on a disk', () => {
  let place: string;
  beforeEach(() => {
    place = mkdtempSync(join(tmpdir(), 'kaneda-disk-'));
  });
  afterEach(() => rmSync(place, { recursive: true, force: true }));

  it('are told once for a file system, however many files and directories there are', function () {
    if (process.platform !== 'linux' || statfsSync(place).type === TMPFS) this.skip();
    const run = ['--import', 'tsx', '--input-type=module', '-e', program, place];
    const { status, stderr } = spawnSync(process.execPath, run, { encoding: 'utf8' });
    expect(status, stderr).to.equal(0);
    const told = stderr.split('\n').filter((line) => line.includes('[KANEDA_CELLS]'));
    expect(told).to.have.length(1);
    expect(told[0]).to.contain(`the cells in ${join(place, 'one')} are not`);
  });
});
