import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { MappedCells } from '../../../../bridges/cells/mapped/mapped-cells.js';
import { readProcess } from '../../../../bridges/observe-processes.js';
import { Collection, State } from '../../../../src/cantal/index.js';
import { Metrics } from '../../../../src/metrics/metrics.js';
import { runChild } from '../../../support/children.js';
import { directory, said } from '../../../support/places.js';

/** A user whom nobody has, nor another run of these tests: one has one directory in /dev/shm. */
const NOBODY = 20_000 + (process.pid % 40_000);
const program = fileURLToPath(import.meta.url);

describe('cells where something is missing', () => {
  let place: ReturnType<typeof directory>;
  beforeEach(() => {
    place = directory();
  });
  afterEach(() => place.discard());

  describe('on a file system that is full', () => {
    let full: string;
    beforeEach(function () {
      full = join(place.path, 'full');
      mkdirSync(full);
      const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'none', full]);
      if (mounted.status !== 0) this.skip(); // only root can mount one
    });
    afterEach(() => void spawnSync('umount', ['-l', full]));

    it('keep running on the heap when it fills up, with one warning, with all values and without a crash', () => {
      const cells = MappedCells.create(join(full, 'cells'));
      const collection = new Collection({ cells });
      const states: State[] = [];
      const lines = said(() => {
        for (let i = 0; i < 30; i++) {
          const state = new State({ state: `s${i}` }, { size: 4_000, collection });
          state.enter(`text ${i}`.padEnd(4_000));
          states.push(state);
        }
      });
      expect(lines).to.have.length(1);
      expect(lines[0]).to.contain('ENOSPC');
      expect(cells.path).to.equal(undefined);
      expect(states.map((state) => state.get()?.text.trim())).to.deep.equal(
        states.map((_, i) => `text ${i}`),
      );
      expect(readdirSync(full)).to.deep.equal([]);
    });
  });

  it('say why koffi cannot be loaded, when it is installed', () => {
    const { stdout, stderr } = runChild('exit.ts', [join(place.path, 'cells')], {
      NODE_OPTIONS: '--no-addons',
    });
    expect(JSON.parse(stdout)).to.include({ path: null, value: '1' });
    expect(stderr)
      .to.match(/koffi cannot be loaded: .*addons is disabled/)
      .and.not.contain('npm install');
  });

  describe('as a user without rights', () => {
    const asNobody = (args: string[], env: NodeJS.ProcessEnv) => {
      const { stdout, stderr } = runChild(
        'exit.ts',
        args,
        { TMPDIR: place.path, ...env },
        [],
        NOBODY,
      );
      return { stderr, ...(JSON.parse(stdout) as { path: string | null; value: string }) };
    };
    beforeEach(function () {
      if (process.getuid?.() !== 0) this.skip(); // only root can be somebody else
      const reads = `require('node:fs').readFileSync(${JSON.stringify(program)})`;
      const { status } = spawnSync(process.execPath, ['-e', reads], {
        uid: NOBODY,
        gid: NOBODY,
        cwd: '/',
      });
      if (status !== 0) this.skip(); // Node or this checkout are in a folder of root's own
      chmodSync(place.path, 0o777);
    });

    it('are in memory when the directory is not theirs to write', () => {
      mkdirSync(join(place.path, 'closed'), { mode: 0o755 });
      expect(asNobody([join(place.path, 'closed', 'cells')], {})).to.include({
        path: null,
        value: '1',
      });
      expect(
        asNobody([], { CANTAL_PATH: undefined, XDG_RUNTIME_DIR: join(place.path, 'closed') }),
      ).to.include({
        path: null,
        value: '1',
      });
    });

    it('are in memory when somebody else has made the directory of their own, or a link there', function () {
      if (!existsSync('/dev/shm')) this.skip(); // the directory is elsewhere then
      const own = `/dev/shm/cantal.${NOBODY}`;
      const environment = { CANTAL_PATH: undefined, XDG_RUNTIME_DIR: undefined };
      const traps: Record<string, () => void> = {
        link: () => symlinkSync(place.path, own),
        open: () => {
          mkdirSync(own);
          chownSync(own, NOBODY, NOBODY);
          chmodSync(own, 0o777);
        },
        theirs: () => mkdirSync(own, { mode: 0o700 }),
      };
      for (const [name, make] of Object.entries(traps)) {
        rmSync(own, { recursive: true, force: true });
        make();
        expect(asNobody([], environment), name).to.include({ path: null, value: '1' });
        rmSync(own, { recursive: true, force: true });
      }
      expect(asNobody([], environment).path).to.satisfy((path: string) =>
        path.startsWith(`${own}/`),
      );
      rmSync(own, { recursive: true, force: true });
    });
  });

  it('carry Kaneda’s metrics too, which are then read from outside', async () => {
    const path = join(place.path, 'cells');
    const cells = MappedCells.create(path);
    const metrics = new Metrics({ cells });
    metrics.increment('views', { page: 'home', state: 'new' }, 2);
    metrics.gauge('users', 42);
    // Metadata is published once a second.
    while (readProcess(path).metrics.length < 2)
      await new Promise((resolve) => setTimeout(resolve, 20));
    expect(readProcess(path).metrics).to.deep.equal([
      { kind: 'float', dimensions: { metric: 'views', page: 'home', tag_state: 'new' }, value: 2 },
      { kind: 'float', dimensions: { metric: 'users' }, value: 42 },
    ]);
    metrics.decrement('views', { page: 'home', state: 'new' });
    expect(readProcess(path).metrics[0]?.value).to.equal(1);
    await metrics.close({ timeout: 10 }).catch(() => {});
    cells.close();
  });
});
