import { spawn, spawnSync } from 'node:child_process';
import { chownSync, mkdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { CellFileError } from '../../../../bridges/cells/errors.js';
import { MappedCells } from '../../../../bridges/cells/mapped/mapped-cells.js';
import { discover } from '../../../../bridges/cells/reading/discover.js';
import { readProcess } from '../../../../bridges/observe-processes.js';
import { Collection, Counter } from '../../../../src/cantal/index.js';
import { fuzzCells } from '../../../fuzz/cells.js';
import { collectGarbage } from '../../../support/collect-garbage.js';
import { directory } from '../../../support/places.js';
import { until } from '../../../support/until.js';

describe('reading the cells of a process', () => {
  let place: ReturnType<typeof directory>;
  let path: string;
  beforeEach(() => {
    place = directory();
    path = join(place.path, 'cells');
  });
  afterEach(() => place.discard());

  const write = (meta: string, values: Uint8Array): void => {
    writeFileSync(`${path}.values`, values);
    writeFileSync(`${path}.meta`, meta);
  };
  const fault = (): CellFileError => {
    try {
      readProcess(path);
    } catch (error) {
      if (error instanceof CellFileError) return error;
      throw error;
    }
    throw new Error('it was read');
  };

  it('gives each kind its value, wherever it lies', () => {
    const values = Buffer.alloc(68);
    values.writeBigUInt64LE(2n ** 64n - 1n, 0);
    values.writeBigInt64LE(-5n, 8);
    values.writeBigUInt64LE(1_700_000_000_123n, 16);
    values.write('héllo', 24);
    values.writeDoubleLE(-1.5, 30 + 3);
    values.writeBigUInt64LE(2n ** 63n, 41);
    values.write('far', 49);
    values.writeBigUInt64LE(0n, 53);
    values.write('old', 61);
    write(
      [
        'counter 8: {"m": "1"}',
        'level 8 signed: {"m": "2"}',
        'state 14: {"m": "3"}',
        'pad 3',
        'level 8 float: {"m": "4"}',
        'state 12: {"m": "5"}',
        'state 12: {"m": "6"}',
      ].join('\n'),
      values,
    );
    const { metrics, ...others } = readProcess(path);
    expect(others).to.deep.equal({ path, alive: false });
    expect(metrics.map(({ kind, value }) => [kind, value])).to.deep.equal([
      ['counter', 2n ** 64n - 1n],
      ['integer', -5n],
      ['state', { text: 'héllo', since: new Date(1_700_000_000_123) }],
      ['float', -1.5],
      ['state', { text: 'far', since: null }],
      ['state', { text: '', since: null }],
    ]);
  });

  it('says what is wrong, and where', () => {
    expect(fault().message).to.equal(`${path}: there is no .meta file`);
    expect(fault()).to.include({ code: 'KANEDA_CELL_FILE', path, name: 'CellFileError' });
    writeFileSync(`${path}.meta`, 'counter 8: {"m": "1"}');
    expect(fault().message).to.contain('there is no .values file');
    writeFileSync(`${path}.values`, Buffer.alloc(7));
    expect(fault().message).to.contain('shorter');
    writeFileSync(`${path}.values`, Buffer.alloc(9));
    expect(readProcess(path).metrics[0]?.value).to.equal(0n);
    writeFileSync(`${path}.meta`, 'counter 8: {"m": "1"}\nnonsense');
    expect(fault().message).to.contain('line 2');
  });

  it('sees new metadata at once, also of the same size in the same file', () => {
    for (const name of ['a', 'b', 'c', 'd']) {
      write(`counter 8: {"m": "${name}"}`, Buffer.alloc(8));
      expect(readProcess(path).metrics[0]?.dimensions).to.deep.equal({ m: name });
    }
  });

  it('keeps nothing in memory of processes that have ended', async () => {
    const seen = Array.from({ length: 20 }, (_, i) => {
      path = join(place.path, `ended-${i}`);
      write(`counter 8: {"n": "${i}"}`, Buffer.alloc(8));
      const [metric] = readProcess(path).metrics;
      return new WeakRef(metric!.dimensions);
    });
    for (let i = 0; i < 20; i++) rmSync(join(place.path, `ended-${i}.meta`));
    // Files that the tests before have read are looked at first.
    for (let i = 0; i < 40; i++) {
      path = join(place.path, `living-${i}`);
      write(`counter 8: {"n": "${i}"}`, Buffer.alloc(8));
      readProcess(path);
    }
    await until(() => {
      collectGarbage();
      return seen.every((dimensions) => dimensions.deref() === undefined);
    });
  });

  it('follows a process that takes the place of another', () => {
    for (let i = 0; i < 5; i++) {
      const cells = MappedCells.create(path);
      const counter = new Counter({ metric: `m${i}` }, { collection: new Collection({ cells }) });
      counter.incr(i);
      const { metrics, alive } = readProcess(path);
      expect([alive, metrics]).to.deep.equal([
        true,
        [{ kind: 'counter', dimensions: { metric: `m${i}` }, value: BigInt(i) }],
      ]);
      cells.close();
      expect(fault().message).to.contain('no .meta');
    }
  });

  describe('in a hostile directory', () => {
    it('refuses links, pipes, sockets, devices and directories, and does not wait for any', async () => {
      const server = createServer().listen(join(place.path, 'socket'));
      const kinds: Record<string, (at: string) => void> = {
        link: (at) => symlinkSync('/etc/passwd', at),
        'dangling link': (at) => symlinkSync('/nowhere', at),
        'link to itself': (at) => symlinkSync(at, at),
        device: (at) => symlinkSync('/dev/zero', at),
        pipe: (at) => void spawnSync('mkfifo', [at]),
        socket: (at) => symlinkSync(join(place.path, 'socket'), at),
        directory: (at) => mkdirSync(at),
      };
      for (const [kind, make] of Object.entries(kinds)) {
        for (const suffix of ['.meta', '.values']) {
          write('counter 8: {"m": "1"}', Buffer.alloc(8));
          rmSync(path + suffix);
          make(path + suffix);
          expect(fault(), `${kind} for ${suffix}`).to.be.instanceOf(CellFileError);
          rmSync(path + suffix, { recursive: true });
        }
      }
      server.close();
    });

    it('refuses a socket itself', (done) => {
      const server = createServer().listen(`${path}.meta`, () => {
        expect(fault().message).to.contain('.meta');
        server.close(done);
      });
    });

    it('refuses huge files without reading them', () => {
      write('', Buffer.alloc(0));
      truncateSync(`${path}.meta`, 2 ** 40);
      expect(fault().message).to.contain('more than');
      write('pad 65535\n'.repeat(1_100).trim(), Buffer.alloc(0));
      expect(fault().message).to.contain('more than');
      write('counter 8: {"m": "1"}', Buffer.alloc(8));
      truncateSync(`${path}.values`, 2 ** 40);
      expect(readProcess(path).metrics).to.have.length(1);
    });

    it('bears files that come and go, grow and shrink meanwhile', async () => {
      const script = `
        const fs = require('node:fs');
        for (let i = 0; ; i++) {
          try {
            fs.writeFileSync(${JSON.stringify(path)} + '.meta', 'counter 8: {"m": "' + i + '"}\\n'.repeat(i % 3) + 'counter 8: {}');
            fs.writeFileSync(${JSON.stringify(path)} + '.values', Buffer.alloc(i % 20));
            if (i % 5 === 0) fs.unlinkSync(${JSON.stringify(path)} + (i % 2 ? '.meta' : '.values'));
          } catch {}
        }`;
      const vandal = spawn(process.execPath, ['-e', script], { stdio: 'ignore' });
      let [read, refused] = [0, 0];
      // A busy machine reads fewer.
      const end = performance.now() + 30_000;
      try {
        while (performance.now() < end && (read + refused < 3_000 || read === 0 || refused === 0)) {
          try {
            readProcess(path);
            read++;
          } catch (error) {
            expect(error).to.be.instanceOf(CellFileError);
            refused++;
          }
          if ((read + refused) % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
        }
      } finally {
        vandal.kill('SIGKILL');
      }
      expect(refused).to.be.above(0);
    });

    it('reads what another user lets it read, and says so when it does not', function () {
      if (process.getuid?.() !== 0) this.skip(); // only root can make another user's files, and be another user
      write('counter 8: {"m": "1"}', Buffer.alloc(8));
      chownSync(`${path}.meta`, 65_534, 65_534);
      chownSync(`${path}.values`, 65_534, 65_534);
      expect(readProcess(path).metrics).to.have.length(1);
      writeFileSync(join(place.path, 'hidden.meta'), '', { mode: 0o600 });
      spawnSync('chmod', ['755', place.path]);
      process.seteuid?.(65_534);
      try {
        expect(() => readProcess(join(place.path, 'hidden'))).to.throw(
          CellFileError,
          'no permission',
        );
      } finally {
        process.seteuid?.(0);
      }
    });

    it('is looked through for pairs of files by name alone', () => {
      write('', Buffer.alloc(0));
      writeFileSync(join(place.path, '.meta'), '');
      writeFileSync(join(place.path, 'other'), '');
      expect(discover(place.path)).to.deep.equal([path]);
      expect(discover(join(place.path, 'missing'))).to.deep.equal([]);
    });
  });

  it('finds the paths that processes were started with', async () => {
    const other = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60_000); console.log(1)'], {
      env: { ...process.env, CANTAL_PATH: path },
    });
    await new Promise((resolve) => other.stdout.once('data', resolve));
    expect(discover()).to.include(path);
    other.kill();
  });

  it('answers to whatever bytes, or refuses them', () => {
    const { read, refused, surprises } = fuzzCells(3_000, 20_261_123);
    expect(surprises).to.deep.equal([]);
    expect(read).to.be.above(100);
    expect(refused).to.be.above(100);
  });
});
