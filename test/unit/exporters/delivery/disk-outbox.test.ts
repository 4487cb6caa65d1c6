import { mkdir, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { INTERNALS } from '../../../../exporters/delivery/internals.js';
import { expectBalanced, plainReports } from '../../../conformance/suites/exporter.js';
import { captureDiag, releaseDiag } from '../../../support/captured-diag.js';
import { ScriptedExporter, ScriptedStore } from '../../../support/scripted-exporter.js';

describe('an outbox on disk', function () {
  this.timeout(120_000);
  let directory = '';
  const made: ScriptedExporter[] = [];
  const make = (
    state: ScriptedStore['state'],
    options: { maxBytes?: number } = {},
    at = directory,
  ): ScriptedExporter => {
    const store = new ScriptedStore();
    store.state = state;
    const exporter = new ScriptedExporter(store, {
      batchSize: 50,
      outbox: { directory: at, ...options },
    });
    made.push(exporter);
    return exporter;
  };
  /** Until all is stored: with all on disk a flush waits for the store no longer than two seconds. */
  const stored = async (exporter: ScriptedExporter): Promise<void> => {
    do await exporter.forceFlush();
    while (exporter.ledger().pending > 0);
  };
  /** Until its files are closed, its last step before it disconnects: `shutdown` itself does not wait for a slow disk. */
  const closed = async (exporter: ScriptedExporter, timeout = 500): Promise<void> => {
    await exporter.shutdown({ timeout });
    while (exporter.store.disconnects === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'kaneda-outbox-'));
  });
  afterEach(async () => {
    releaseDiag();
    for (const exporter of made.splice(0)) {
      expectBalanced(exporter.ledger());
      await closed(exporter);
      expectBalanced(exporter.ledger());
    }
    await rm(directory, { recursive: true, force: true });
  });

  /** An outbox with these reports in it and nobody's. */
  async function leave(count: number): Promise<string[]> {
    const exporter = make('down');
    const sent = plainReports(count);
    exporter[INTERNALS].accept(sent);
    await exporter.forceFlush();
    await closed(exporter);
    expect(exporter.ledger()).to.include({ accepted: count, pending: count });
    return sent.map(({ id }) => id);
  }

  async function spools(): Promise<string[]> {
    return (await readdir(directory)).map((name) => join(directory, name));
  }

  it('resolves a flush when all is on disk, and keeps it over a close', async () => {
    const ids = await leave(120);
    const next = make('up');
    await stored(next);
    expect([...next.store.reports.keys()]).to.deep.equal(ids);
    expect(next.ledger()).to.include({ accepted: 120, stored: 120 });
  });

  it('delivers what was left before what is new', async () => {
    const ids = await leave(60);
    const next = make('up');
    const sent = plainReports(10);
    next[INTERNALS].accept(sent);
    await stored(next);
    expect([...next.store.reports.keys()]).to.deep.equal([...ids, ...sent.map(({ id }) => id)]);
  });

  it('begins to deliver what was left at the first interval, though nothing is new', async () => {
    await leave(5);
    const next = make('up');
    const done = new Promise<void>((resolve) => {
      next.store.answer = async (reports) => {
        next.store.keep(reports);
        resolve();
        return undefined;
      };
    });
    next.export([], () => {});
    await done;
    expect(next.store.reports.size).to.equal(5);
  });

  it('keeps many more reports than it holds in memory, and reads them back in order', async () => {
    const exporter = make('down');
    const sent = Array.from({ length: 40 }, (_, i) =>
      plainReports(1_000, `many.${i}.${'x'.repeat(200)}`),
    ).flat();
    for (let i = 0; i < sent.length; i += 1_000) {
      exporter[INTERNALS].accept(sent.slice(i, i + 1_000));
      await exporter.forceFlush();
    }
    exporter.store.state = 'up';
    await stored(exporter);
    expect([...exporter.store.reports.values()]).to.deep.equal(sent);
  });

  it('drops the oldest beyond its bound, and counts them', async () => {
    const exporter = make('down', { maxBytes: 100_000 });
    const sent = plainReports(500);
    for (let i = 0; i < 500; i += 100) {
      exporter[INTERNALS].accept(sent.slice(i, i + 100));
      expectBalanced(exporter.ledger());
      await exporter.forceFlush();
    }
    const { pending, dropped } = exporter.ledger();
    expect(dropped).to.deep.equal({ 'outbox full': 500 - pending });
    expect(pending).to.be.within(100, 300);
    exporter.store.state = 'up';
    await stored(exporter);
    expect([...exporter.store.reports.keys()]).to.include.members(
      sent.slice(-pending + 50).map(({ id }) => id),
    );
    expect(exporter.ledger().stored).to.equal(pending);
  });

  it('applies its bound to what it takes over', async () => {
    await leave(300);
    const next = make('down', { maxBytes: 50_000 });
    await next.forceFlush();
    const { accepted, pending, dropped } = next.ledger();
    expect(accepted).to.equal(300);
    expect(dropped).to.deep.equal({ 'outbox full': 300 - pending });
    expect(pending).to.be.within(50, 150);
  });

  it('does not deliver what another exporter left in the same directory', async () => {
    await leave(5);
    class OtherExporter extends ScriptedExporter {}
    const other = new OtherExporter(undefined, { outbox: { directory } });
    made.push(other);
    await other.forceFlush();
    expect(other.ledger()).to.include({ accepted: 0 });
  });

  it('waits in memory when the disk cannot be written, and says so once', async () => {
    const blocked = join(directory, 'a-file');
    await writeFile(blocked, '');
    const messages = captureDiag();
    const exporter = make('down', {}, join(blocked, 'outbox'));
    const sent = plainReports(20);
    exporter[INTERNALS].accept(sent);
    let code: unknown;
    await exporter.forceFlush({ timeout: 300 }).catch((error: { code?: unknown }) => {
      code = error.code;
    });
    expect(code).to.equal('KANEDA_DEADLINE');
    exporter.store.state = 'up';
    await exporter.forceFlush();
    expect(exporter.ledger()).to.include({ accepted: 20, stored: 20 });
    expect(messages().filter((message) => message.includes('cannot write to'))).to.have.lengthOf(1);
  });

  const damages: Readonly<Record<string, (path: string) => Promise<void>>> = {
    'a torn manifest': async (path) => damage(path, /^MANIFEST/, (file) => truncate(file, 20)),
    'a garbled manifest': async (path) => damage(path, /^MANIFEST/, garble),
    'a garbled CURRENT': async (path) => writeFile(join(path, 'CURRENT'), 'garbage'),
    'a garbled log': async (path) => damage(path, /\.log$/, garble),
    'a torn log': async (path) =>
      damage(path, /\.log$/, async (file) =>
        truncate(file, Math.floor((await stat(file)).size / 2)),
      ),
    'garbled tables': async (path) => damage(path, /\.ldb$/, garble),
    'torn tables': async (path) => damage(path, /\.ldb$/, (file) => truncate(file, 5_000)),
    'empty files everywhere': async (path) => damage(path, /./, (file) => truncate(file, 0)),
  };
  for (const [what, harm] of Object.entries(damages)) {
    it(`goes on with ${what}`, async () => {
      // Enough for tables: LevelDB writes one for each 2 MiB, and may be closed before it is done with the last.
      const ids = await leave(30_000);
      for (const path of await spools()) await harm(path);
      const messages = captureDiag();
      const next = make('up');
      const fresh = plainReports(3);
      next[INTERNALS].accept(fresh);
      await stored(next);
      const { accepted, stored: taken, pending } = next.ledger();
      expect(pending).to.equal(0);
      expect(accepted).to.be.within(3, ids.length + 3);
      expect(taken).to.be.within(3, ids.length + 3);
      expect([...next.store.reports.keys()]).to.include.members(fresh.map(({ id }) => id));
      const known = new Set([...ids, ...fresh.map(({ id }) => id)]);
      for (const id of next.store.reports.keys()) expect(known.has(id)).to.equal(true);
      // A log may end anywhere: what was torn off was never acknowledged. A table that is not done yet is not needed: the log has it all.
      if (what === 'a torn log' || known.size === next.store.reports.size) return;
      expect(messages().some((message) => /damaged|set aside|lost/.test(message))).to.equal(true);
    });
  }

  it('leaves a directory alone that is none of its own', async () => {
    await mkdir(join(directory, 'other'));
    await writeFile(join(directory, 'other', 'CURRENT'), 'x');
    const exporter = make('up');
    exporter[INTERNALS].accept(plainReports(3));
    await closed(exporter, 60_000);
    expect(await readdir(directory)).to.deep.equal(['other']);
  });

  async function damage(
    path: string,
    pattern: RegExp,
    harm: (file: string) => Promise<void>,
  ): Promise<void> {
    const files = (await readdir(path)).filter((name) => pattern.test(name));
    expect(files).to.not.have.lengthOf(0);
    for (const name of files) await harm(join(path, name));
  }

  async function garble(file: string): Promise<void> {
    const bytes = await readFile(file);
    for (let at = 7; at < bytes.length; at += 97) bytes[at] = bytes[at]! ^ 0xff;
    await writeFile(file, bytes);
  }
});
