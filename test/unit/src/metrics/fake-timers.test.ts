import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import type { Ledger } from '../../../../exporters/index.js';

async function ledgersOf(name: string, ...args: string[]): Promise<readonly Ledger[]> {
  const program = fileURLToPath(new URL(`../../../programs/ending/${name}.ts`, import.meta.url));
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--import', 'tsx', program, ...args],
    { timeout: 100_000 },
  );
  return JSON.parse(stdout) as Ledger[];
}

describe('a test environment', function () {
  this.timeout(120_000);

  for (const kind of ['mock', 'module']) {
    it(`with fake timers does not keep reports from the store, nor a close from its end: ${kind}`, async () => {
      const [kept, collected, closed] = await ledgersOf('fake-timers', kind);
      expect(collected).to.include({ accepted: 2, stored: 2, pending: 0 });
      expect(closed).to.include({ accepted: 2, stored: 2, pending: 0 });
      expect(kept).to.include({ accepted: 2, stored: 2, pending: 0 });
    });

    it(`with fake timers does not keep reports from an outbox on disk: ${kind}`, async () => {
      const directory = await mkdtemp(join(tmpdir(), 'kaneda-fake-'));
      try {
        const ledgers = await ledgersOf('fake-timers', kind, directory);
        expect(ledgers).to.have.lengthOf(3);
        for (const ledger of ledgers) expect(ledger).to.include({ stored: 2, pending: 0 });
      } finally {
        await rm(directory, { recursive: true, force: true });
      }
    });
  }

  it('without globals of Node can load the package, record and store', async () => {
    const [ledger] = await ledgersOf('without-globals');
    expect(ledger).to.deep.include({ accepted: 2, stored: 2, pending: 0, refused: {} });
  });
});
