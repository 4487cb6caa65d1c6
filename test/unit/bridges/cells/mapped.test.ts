import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { MappedCells } from '../../../../bridges/cells/mapped/mapped-cells.js';
import { SPACE_BYTES } from '../../../../bridges/cells/mapped/page-allocator.js';
import { readProcess } from '../../../../bridges/observe-processes.js';
import { Collection, Counter, Float, Integer, State } from '../../../../src/cantal/index.js';
import { directory, said } from '../../../support/places.js';

const values = (path: string) => readProcess(path).metrics.map(({ value }) => value);

describe('cells in a mapped file', () => {
  let place: ReturnType<typeof directory>;
  let path: string;
  beforeEach(() => {
    place = directory();
    path = join(place.path, 'cells');
  });
  afterEach(() => place.discard());

  it('carry over what was counted before, and take what is made later', () => {
    const collection = new Collection();
    const before = new Counter({ metric: 'before' }, { collection });
    const state = new State({ state: 'doing' }, { collection });
    before.incr(2n ** 40n);
    state.enter('something');
    const active = collection.start(path);
    expect(active.path).to.equal(path);
    expect(values(path)[0]).to.equal(2n ** 40n);
    const after = new Integer({ metric: 'after' }, { collection });
    before.incr();
    after.decr(7);
    const [, entered] = values(path) as [bigint, { text: string; since: Date }];
    expect(values(path)).to.deep.equal([
      2n ** 40n + 1n,
      { text: 'something', since: state.get()?.since },
      -7n,
    ]);
    expect(entered.text).to.equal('something');
    active.close();
    expect(readdirSync(place.path)).to.deep.equal([]);
    after.decr();
    expect([before.get(), after.get(), state.get()?.text]).to.deep.equal([
      2n ** 40n + 1n,
      -8,
      'something',
    ]);
    const again = collection.start(path);
    expect(values(path)[2]).to.equal(-8n);
    again.close();
  });

  it('are for this user only, in files of whole pages, published under no other name', () => {
    const cells = MappedCells.create(path);
    expect(readdirSync(place.path)).to.have.members(['cells.meta', 'cells.values']);
    for (const name of ['cells.meta', 'cells.values'])
      expect(statSync(join(place.path, name)).mode & 0o777).to.equal(0o600);
    expect(statSync(`${path}.values`).size % 4096).to.equal(0);
    expect(statSync(`${path}.values`).blocks * 512).to.be.at.least(statSync(`${path}.values`).size);
    expect(readProcess(path)).to.deep.equal({ path, pid: process.pid, alive: true, metrics: [] });
    cells.close();
    cells.close();
  });

  it('follow no link: what others put in the way is replaced, not written through', () => {
    const victim = join(place.path, 'victim');
    writeFileSync(victim, 'precious');
    symlinkSync(victim, `${path}.values`);
    symlinkSync(victim, `${path}.meta`);
    const cells = MappedCells.create(path);
    expect(cells.path).to.equal(path);
    expect(lstatSync(`${path}.values`).isFile()).to.equal(true);
    expect(lstatSync(`${path}.meta`).isFile()).to.equal(true);
    expect(readFileSync(victim, 'utf8')).to.equal('precious');
    cells.close();
  });

  it('stay in memory where a live process has the path, with one warning', () => {
    const first = MappedCells.create(path);
    const collection = new Collection();
    const counter = new Counter({ metric: 'm' }, { collection });
    const lines = said(() => {
      const active = collection.start(path);
      expect(active.path).to.equal(undefined);
      counter.incr();
      active.close();
    });
    expect(lines).to.have.length(1);
    expect(lines[0]).to.contain('a live process publishes at').and.to.contain(path);
    expect(counter.get()).to.equal(1n);
    expect(readProcess(path).metrics).to.deep.equal([]);
    first.close();
  });

  it('take the path of a dead process, with nothing of what it counted', () => {
    writeFileSync(`${path}.meta`, 'counter 8: {"a": "b"}');
    writeFileSync(`${path}.values`, Buffer.alloc(8, 1));
    const cells = MappedCells.create(path);
    expect(readProcess(path).metrics).to.deep.equal([]);
    cells.close();
  });

  const impossible: Record<string, (path: string) => string> = {
    'a directory that is not there': (at) => join(at, 'no', 'cells'),
    'a file for a directory': (at) => {
      writeFileSync(join(at, 'file'), '');
      return join(at, 'file', 'cells');
    },
    'a directory in the way': (at) => {
      mkdirSync(join(at, 'cells.values'));
      return join(at, 'cells');
    },
    'a name that is too long': (at) => join(at, 'x'.repeat(300)),
    'a name with a zero byte': (at) => join(at, 'a\0b'),
  };
  for (const [what, at] of Object.entries(impossible)) {
    it(`stay in memory for ${what}, with one warning`, () => {
      const collection = new Collection();
      const counter = new Counter({ metric: 'm' }, { collection });
      counter.incr(2);
      let active: ReturnType<Collection['start']> | undefined;
      const lines = said(() => {
        active = collection.start(at(place.path));
      });
      expect(lines).to.have.length(1);
      expect(lines[0]).to.contain('other processes cannot read them');
      expect(active?.path).to.equal(undefined);
      counter.incr();
      expect(counter.get()).to.equal(3n);
      expect(readdirSync(place.path).filter((name) => name.endsWith('.tmp'))).to.deep.equal([]);
      active?.close();
    });
  }

  it('stay in memory where there is no right to write, with one warning', function () {
    if (process.getuid?.() === 0) this.skip(); // root may write everywhere: the fixture without rights covers it
    chmodSync(place.path, 0o500);
    expect(said(() => MappedCells.create(path))).to.have.length(1);
  });

  it('keep running on the heap when the file can grow no more, with one warning, and the file goes', () => {
    const cells = MappedCells.create(path);
    const first = new Counter({ metric: 'first' }, { collection: new Collection({ cells }) });
    first.incr(5);
    const lines = said(() => {
      for (let i = 0; i * 65_535 < SPACE_BYTES + 65_535; i++)
        cells.add(new State({ state: `s${i}` }, { size: 65_527, collection: new Collection() }));
    });
    expect(lines).to.have.length(1);
    expect(lines[0]).to.contain('at most');
    expect(cells.path).to.equal(undefined);
    first.incr();
    expect(first.get()).to.equal(6n);
    expect(readdirSync(place.path)).to.deep.equal([]);
  });

  it('grow over many pages and keep their values and places in order', () => {
    const cells = MappedCells.create(path);
    const collection = new Collection({ cells });
    const counters = Array.from({ length: 3_000 }, (_, i) => {
      const counter = new Counter({ metric: `m${i}` }, { collection });
      counter.incr(i);
      return counter;
    });
    const wide = new State({ state: 'wide' }, { size: 65_527, collection });
    wide.enter('x'.repeat(70_000));
    for (const counter of counters) counter.incr();
    const active = collection.start(join(place.path, 'moved'));
    expect(existsSync(`${path}.values`)).to.equal(false);
    const read = values(join(place.path, 'moved'));
    expect(read.slice(0, -1)).to.deep.equal(counters.map((_, i) => BigInt(i + 1)));
    expect((read.at(-1) as { text: string }).text).to.equal('x'.repeat(65_527));
    active.close();
  });

  it('never leave a file that is not theirs any more: closing removes what this process made', () => {
    const cells = MappedCells.create(path);
    renameSync(`${path}.values`, join(place.path, 'elsewhere'));
    writeFileSync(`${path}.values`, 'not ours');
    cells.close();
    expect(readFileSync(`${path}.values`, 'utf8')).to.equal('not ours');
  });

  it("keep Kaneda's series, which processes read by the same files", async () => {
    const cells = MappedCells.create(path);
    cells.family('sum', 'views').add({ page: 'home', group: 'x' }, 2);
    cells.family('gauge', 'views').set({ page: 'home', group: 'x' }, 7);
    const collection = new Collection({ cells });
    new Float({ metric: 'last' }, { collection });
    collection.start(join(place.path, 'again'));
    expect(readProcess(join(place.path, 'again')).metrics).to.deep.equal([
      { kind: 'float', dimensions: { metric: 'views', page: 'home', tag_group: 'x' }, value: 2 },
      {
        kind: 'float',
        dimensions: { duplicate: '2', metric: 'views', page: 'home', tag_group: 'x' },
        value: 7,
      },
      { kind: 'float', dimensions: { metric: 'last' }, value: 0 },
    ]);
    cells.close();
  });

  it('keep the word of a series that is gone until no reader can take it for what it was', async () => {
    const cells = MappedCells.create(path);
    const sums = cells.family('sum', 'n');
    const subscription = cells.observe({});
    sums.add({ a: 1 }, 5);
    const slot = sums.find({ a: 1 });
    sums.remove({ a: 1 });
    for (let i = 0; i < 3; i++) {
      subscription.collecting(i);
      for (const _ of sums.walk(() => {}));
      subscription.collected();
    }
    sums.add({ a: 2 }, 7);
    expect(sums.find({ a: 2 })).to.not.equal(slot);
    expect(values(path)).to.deep.equal([0]); // what was published before
    await new Promise((resolve) => setTimeout(resolve, 4_100)); // two publications, and time for a busy machine
    expect(values(path)).to.deep.equal([7]);
    expect(sums.find({ a: 3 })).to.equal(slot);
    cells.close();
  });

  it('are published again once that is possible, and show no series under the name of another meanwhile', async () => {
    const cells = MappedCells.create(path);
    const sums = cells.family('sum', 'n');
    const subscription = cells.observe({});
    const collect = () => {
      subscription.collecting(0);
      for (const _ of sums.walk(() => {}));
      subscription.collected();
    };
    sums.add({ user: 'ann' }, 5);
    await sleep(1_100);
    const [meta, slot] = [readFileSync(`${path}.meta`), sums.find({ user: 'ann' })];
    rmSync(`${path}.meta`);
    mkdirSync(`${path}.meta`); // nothing can be published in its place
    sums.remove({ user: 'ann' });
    const warnings = said(() => {
      for (let i = 0; i < 3; i++) collect();
    });
    expect(warnings.join('\n')).to.match(/^KANEDA_CELLS: .* are not published at .*EISDIR/);
    await sleep(2_200);
    sums.add({ user: 'bob' }, 7);
    expect(sums.find({ user: 'bob' })).to.not.equal(slot);
    rmdirSync(`${path}.meta`);
    writeFileSync(`${path}.meta`, meta);
    expect(values(path)).to.deep.equal([0]);
    while (values(path)[0] !== 7) await sleep(50);
    cells.close();
  });

  describe('left by dead processes', () => {
    const leave = (name: string, age: number, meta = 'counter 8: {"a": "b"}'): void => {
      writeFileSync(join(place.path, `${name}.meta`), meta);
      writeFileSync(join(place.path, `${name}.values`), Buffer.alloc(8));
      const then = Date.now() / 1000 - age;
      for (const suffix of ['meta', 'values'])
        utimesSync(join(place.path, `${name}.${suffix}`), then, then);
    };
    const left = () => readdirSync(place.path).filter((name) => !name.startsWith('cells'));

    it('are removed when they are older than a minute, and are cells', () => {
      leave('old', 120);
      leave('fresh', 10);
      leave('no-cells', 120, 'my diary');
      leave('short', 120, 'counter 8: {}\ncounter 8: {"a": "b"}');
      spawnSync('mkfifo', [join(place.path, 'pipe.meta'), join(place.path, 'pipe.values')]);
      symlinkSync(join(place.path, 'fresh.values'), join(place.path, 'link.values'));
      MappedCells.create(path).close();
      expect(left()).to.deep.equal([
        'fresh.meta',
        'fresh.values',
        'link.values',
        'no-cells.meta',
        'no-cells.values',
        'pipe.meta',
        'pipe.values',
        'short.meta',
        'short.values',
      ]);
    });

    it('are kept while somebody lives who holds them', () => {
      const other = MappedCells.create(join(place.path, 'other'));
      utimesSync(join(place.path, 'other.values'), 1, 1);
      MappedCells.create(path).close();
      expect(left()).to.deep.equal(['other.meta', 'other.values']);
      other.close();
    });

    it('are kept when they are another user’s', function () {
      if (process.getuid?.() !== 0) this.skip(); // only root can make such files
      leave('theirs', 120);
      spawnSync('chown', ['65534', join(place.path, 'theirs.values')]);
      MappedCells.create(path).close();
      expect(left()).to.deep.equal(['theirs.meta', 'theirs.values']);
    });
  });
});
