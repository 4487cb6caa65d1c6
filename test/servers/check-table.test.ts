import { mkdtempSync, rmSync } from 'node:fs';
import { Module } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { type Checked, checkTarget } from '../../src/cli/check/target.js';
import { forCheck } from '../../src/settings/build.js';
import { loadSettings } from '../../src/settings/settings.js';
import { type Cell, CONDITIONS, type Condition, type Target } from './check-table/cells.js';
import { QUEUES } from './check-table/queues.js';
import { type Servers, startServers } from './check-table/servers.js';
import { STORES } from './check-table/stores.js';

const TARGETS = [...STORES, ...QUEUES];
const MISSING: Condition = 'a missing package';

/** More would wait for each other's turn beyond the time that a step may take. */
const AT_A_TIME = 12;

/** What `kaneda check` and `kaneda check --no-write` found out. */
interface Tried {
  readonly written: Checked;
  readonly asked: Checked;
}

/** Has the packages look as if they were not installed. */
function without(packages: readonly string[]): () => void {
  const resolver = Module as unknown as {
    _resolveFilename(request: string, ...rest: unknown[]): string;
  };
  const real = resolver._resolveFilename;
  resolver._resolveFilename = (request, ...rest) => {
    if (!packages.some((name) => request === name || request.startsWith(`${name}/`)))
      return real(request, ...rest);
    throw Object.assign(new Error(`Cannot find module '${request}'`), { code: 'MODULE_NOT_FOUND' });
  };
  return () => {
    resolver._resolveFilename = real;
  };
}

describe('kaneda check, for every store and queue', function () {
  this.timeout(120_000);
  let servers: Servers;
  let cwd: string;

  before(async function () {
    servers = await startServers(this);
    cwd = mkdtempSync(join(tmpdir(), 'kaneda-table-'));
    beginAll();
  });
  after(async () => {
    rmSync(cwd, { recursive: true });
    await servers?.stop();
  });

  /** What nobody has to be prepared for is tried at once: much of it is waiting. */
  const results = new Map<Cell, Promise<Tried>>();
  function beginAll(): void {
    for (const target of TARGETS) {
      for (const condition of CONDITIONS) {
        const cell = target.cells[condition];
        if (typeof cell === 'string' || cell.cause !== undefined || condition === MISSING) continue;
        const before = [...results.values()][results.size - AT_A_TIME] ?? Promise.resolve();
        results.set(
          cell,
          before.then(() => tryBoth(target, cell)),
        );
      }
    }
  }

  async function tried(target: Target, cell: Cell, condition: Condition): Promise<Tried> {
    const result = results.get(cell);
    if (result !== undefined) return result;
    await Promise.all(results.values());
    const restore = condition === MISSING ? without(target.packages) : () => {};
    const undo = await cell.cause?.(servers);
    try {
      return await tryBoth(target, cell);
    } finally {
      restore();
      await undo?.();
    }
  }

  async function tryBoth(target: Target, cell: Cell): Promise<Tried> {
    const env = (cell.settings ?? target.settings)(cell.url(servers));
    const asked = await check(cell, env, false);
    return { asked, written: await check(cell, env, true) };
  }

  function expectTrouble(checked: Checked, cell: Cell, url: string): void {
    const context = JSON.stringify(checked);
    expect(checked.ok, context).to.equal(false);
    expect(checked.remedy, context).to.match(cell.says);
    for (const secret of servers.secrets) expect(context).to.not.contain(secret);
    if (!checked.steps.includes('cannot be made'))
      expect(checked.address, context).to.contain(cell.address?.(url) ?? new URL(url).host);
  }

  /** Tries it as `kaneda check` would, in this process. */
  async function check(cell: Cell, env: Record<string, string>, write: boolean): Promise<Checked> {
    if (cell.make !== undefined)
      return checkTarget('BACKEND', 'given', () => cell.make!(servers), { setup: false, write });
    const [made] = forCheck(loadSettings({ cwd, env }));
    const { name, target, make } = made!;
    return checkTarget(name, target, make, { setup: false, write });
  }

  for (const target of TARGETS) {
    describe(target.name, () => {
      for (const condition of CONDITIONS) {
        const cell = target.cells[condition];
        // A text is the reason why there is no such trouble.
        if (typeof cell === 'string') continue;
        it(`names address, cause and remedy: ${condition}`, async () => {
          const url = cell.url(servers);
          const { written, asked } = await tried(target, cell, condition);
          expectTrouble(written, cell, url);
          if (cell.onlyByWriting) expect(asked.ok, JSON.stringify(asked)).to.equal(true);
          else expectTrouble(asked, cell, url);
        });
      }
    });
  }
});
