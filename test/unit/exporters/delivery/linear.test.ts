import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';

const PROGRAM = fileURLToPath(new URL('../../../programs/delivery/work.ts', import.meta.url));
/**
 * How many times as much work four times as much takes, at most: 4 where it is linear, 16 where it is quadratic. Attempts that are
 * made again after a time come in between, more of them on a busy machine.
 */
const LINEAR = 9;

describe('the work of a delivery', function () {
  this.timeout(240_000);

  it('grows as the number of reports does, wherever they wait and whatever becomes of them', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', PROGRAM]);
    const growth = JSON.parse(stdout) as Record<string, number>;
    expect(Object.keys(growth)).to.have.lengthOf(9);
    expect(Object.entries(growth).filter(([, times]) => !(times < LINEAR))).to.deep.equal([]);
  });
});
