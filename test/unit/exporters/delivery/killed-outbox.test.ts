import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect } from 'chai';
import { expectBalanced } from '../../../conformance/suites/exporter.js';
import { ScriptedExporter } from '../../../support/scripted-exporter.js';

const fixture = (name: string): string =>
  new URL(`../../../programs/delivery/${name}.ts`, import.meta.url).pathname;
const start = (name: string, ...args: string[]): ChildProcess =>
  spawn(process.execPath, ['--import', 'tsx', fixture(name), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });

/** Until all is stored: with all on disk a flush waits for the store no longer than two seconds. */
async function stored(exporter: ScriptedExporter): Promise<void> {
  do await exporter.forceFlush();
  while (exporter.ledger().pending > 0);
}

/** Records until so many groups are said to be safe, then dies by SIGKILL. */
async function recordAndKill(directory: string, prefix: string, groups: number): Promise<string[]> {
  const child = start('recorder', directory, prefix);
  const safe: string[] = [];
  let said = 0;
  for await (const line of createInterface({ input: child.stdout! })) {
    safe.push(...line.split(' '));
    said += 1;
    if (said === groups) child.kill('SIGKILL');
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return safe;
}

describe('an outbox on disk whose process is killed', function () {
  this.timeout(120_000);
  let directory = '';
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'kaneda-outbox-'));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  it('has everything at the next start that it said was safe, whole and in order', async () => {
    const safe: string[] = [];
    for (let round = 0; round < 3; round++)
      safe.push(...(await recordAndKill(directory, `r${round}`, 3 + round * 7)));
    const exporter = new ScriptedExporter(undefined, { outbox: { directory } });
    await stored(exporter);
    const found = [...exporter.store.reports.keys()];
    expect(found).to.include.members(safe);
    expect(found.filter((id) => safe.includes(id))).to.deep.equal(safe);
    const report = exporter.store.reports.get('r0-2-5')!;
    expect(report.fields).to.deep.equal({
      when: new Date(2),
      large: 2n ** 60n + 2n,
      nothing: null,
    });
    expect(report.timestamp).to.deep.equal(new Date(1.7e12 + 2));
    expectBalanced(exporter.ledger());
    expect(exporter.ledger()).to.include({
      accepted: found.length,
      stored: found.length,
      pending: 0,
    });
    await exporter.shutdown();
    // A slow disk may take longer than a shutdown waits.
    while (exporter.store.disconnects === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await readdir(directory)).to.deep.equal([]);
  });

  it('is taken over by one process, however many start at once', async () => {
    const safe = await recordAndKill(directory, 'once', 10);
    const keepers = await Promise.all(
      [1, 2, 3].map(async () => {
        const child = start('keeper', directory);
        const lines: string[] = [];
        for await (const line of createInterface({ input: child.stdout! })) lines.push(line);
        return lines;
      }),
    );
    const delivered = keepers.flat().filter((line) => line !== 'done');
    expect(keepers.every((lines) => lines.at(-1) === 'done')).to.equal(true);
    expect(delivered).to.include.members(safe);
    expect(new Set(delivered).size).to.equal(delivered.length);
  });

  it('leaves a living process its reports', async () => {
    const child = start('recorder', directory, 'alive');
    const lines = createInterface({ input: child.stdout! });
    await once(lines, 'line');
    const other = new ScriptedExporter(undefined, { outbox: { directory } });
    await other.forceFlush();
    expect(other.ledger()).to.include({ accepted: 0 });
    await other.shutdown();
    child.kill('SIGKILL');
    await once(child, 'exit');
    const heir = new ScriptedExporter(undefined, { outbox: { directory } });
    await stored(heir);
    expect(heir.ledger().stored).to.be.at.least(20);
    await heir.shutdown();
  });
});
