import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
const KANEDA = `"${process.execPath}" --import tsx src/cli/main.ts`;

const shell = (command: string) =>
  spawnSync('bash', ['-o', 'pipefail', '-c', command], { cwd: ROOT, encoding: 'utf8' });

describe('kaneda', () => {
  it('prints the version of the package', () => {
    const { version } = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8'));
    expect(shell(`${KANEDA} --version`).stdout.trim()).to.equal(version);
  });

  it('ends quietly when the reader of its output ends first', () => {
    const { status, stderr } = shell(`${KANEDA} demo --seconds 1 | head -n 1`);
    expect({ status, stderr }).to.deep.equal({ status: 0, stderr: '' });
  });

  it('says in a line that its output cannot be written', function () {
    if (!existsSync('/dev/full')) this.skip();
    const { status, stderr } = shell(`${KANEDA} demo --seconds 1 > /dev/full`);
    expect({ status, lines: stderr.trim().split('\n') }).to.deep.equal({
      status: 1,
      lines: ['kaneda: the output cannot be written: ENOSPC: no space left on device, write'],
    });
  });
});
