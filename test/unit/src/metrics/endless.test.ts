import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import type { Ledger } from '../../../../exporters/index.js';
import { expectBalanced } from '../../../conformance/suites/exporter.js';

const PROGRAM = fileURLToPath(new URL('../../../programs/ending/endless.ts', import.meta.url));
/** A program that has not ended by then never would. */
const KILLED_AFTER_MS = 90_000;

async function ledgersOf(
  program: string,
  mode: string,
  directory = '',
  env: NodeJS.ProcessEnv = {},
): Promise<readonly Ledger[]> {
  const args = ['--import', 'tsx', PROGRAM, program, mode, directory];
  const { stdout } = await promisify(execFile)(process.execPath, args, {
    timeout: KILLED_AFTER_MS,
    env: { ...process.env, ...env },
  });
  return (JSON.parse(stdout) as { ledgers: Ledger[] }).ledgers;
}

describe('a program that finds something to record whenever it ends', function () {
  this.timeout(120_000);
  let directory = '';
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'kaneda-endless-'));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  for (const mode of ['aggregate', 'individual']) {
    for (const program of [
      'records',
      'recordsAndFlushes',
      'flushes',
      'logsItsLines',
      'logsItsLinesLater',
      'feedsAnother',
      'recordsIntoSeveral',
    ]) {
      it(`ends, with all that was recorded before stored: ${program}, ${mode}`, async () => {
        const ledgers = await ledgersOf(program, mode);
        expect(ledgers).not.to.be.empty;
        for (const ledger of ledgers) {
          expectBalanced(ledger);
          expect(ledger.stored).to.be.at.least(1);
          expect(ledger).to.include({ stored: ledger.accepted, pending: 0 });
        }
      });
    }

    it(`ends with an outbox on disk, ${mode}`, async () => {
      const [ledger] = await ledgersOf('records', mode, directory);
      expect(ledger).to.include({ stored: ledger!.accepted, pending: 0 });
    });

    it(`ends although the store is down, and counts what it lost, ${mode}`, async () => {
      const [ledger] = await ledgersOf('recordsForAStoreThatIsDown', mode);
      expectBalanced(ledger!);
      expect(ledger).to.include({ stored: 0, pending: 0 });
      expect(ledger!.dropped['deadline at close']).to.equal(ledger!.accepted);
      expect(ledger!.refused.closed).to.be.at.least(1);
    });

    it(`ends with the ready-made metrics, ${mode}`, async () => {
      const file = join(directory, 'log');
      const env = { KANEDA_DEBUG: 'true', KANEDA_LOGGER_FILENAME: file, KANEDA_MODE: mode };
      const [ledger] = await ledgersOf('recordsIntoTheSingleton', mode, '', env);
      expect(ledger!.stored).to.be.at.least(1);
      const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
      expect(lines).to.have.lengthOf(ledger!.stored);
    });
  }

  it('ends with a provider of its own', async () => {
    const [ledger] = await ledgersOf('recordsOnAProvider', 'aggregate');
    expect(ledger!.refused).to.have.keys('closed');
  });

  it('ends with counters of Cantal', async () => {
    expect(await ledgersOf('counts', 'aggregate')).to.deep.equal([]);
  });
});
