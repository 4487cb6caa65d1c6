import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { HeapCells } from '../../../../bridges/cells/heap-cells.js';
import { Metrics, metrics } from '../../../../src/index.js';
import { Refusals } from '../../../../src/metrics/refusals.js';
import { SettingsPipeline } from '../../../../src/pipeline/settings-pipeline.js';
import { StorePipeline } from '../../../../src/pipeline/store-pipeline.js';

const program = fileURLToPath(new URL('../../../programs/settings/singleton.ts', import.meta.url));
const tsx = import.meta.resolve('tsx');

import { MemoryStore } from '../metrics/support.js';

describe('the ready-made metrics', () => {
  let cwd: string;
  beforeEach(() => {
    cwd = mkdtempSync(join(tmpdir(), 'kaneda-singleton-'));
  });
  afterEach(() => rmSync(cwd, { recursive: true }));

  const run = async (env: Record<string, string>) => {
    const options = { cwd, env: { PATH: process.env.PATH, ...env } };
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--import', tsx, program],
      options,
    );
    return JSON.parse(stdout);
  };
  const stored = () =>
    readFileSync(join(cwd, 'm.log'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));

  it('report as a settings file says', async () => {
    writeFileSync(
      join(cwd, 'kanedasettings.json'),
      '{"BACKEND":"logger","LOGGER_FILENAME":"m.log"}',
    );
    const { doubled, flushed, ledger, said } = await run({});
    expect({ doubled, flushed, said }).to.deep.equal({ doubled: 42, flushed: 'flushed', said: [] });
    expect(ledger).to.include({ accepted: 3, stored: 3, pending: 0 });
    expect(stored().map(({ name, metric }) => `${name} ${metric}`)).to.have.members([
      'user.signup counter',
      'deploy event',
      'double timing',
    ]);
    expect(stored().find(({ metric }) => metric === 'counter')).to.include({ value: 2 });
  });

  it('report each call by itself in mode individual', async () => {
    await run({
      KANEDA_BACKEND: 'logger',
      KANEDA_LOGGER_FILENAME: 'm.log',
      KANEDA_MODE: 'individual',
    });
    expect(stored().filter(({ metric }) => metric === 'counter')).to.have.length(2);
  });

  it('report to a logger instead of the store in debug mode', async () => {
    const { flushed } = await run({
      KANEDA_BACKEND: 'elasticsearch',
      KANEDA_DEBUG: '1',
      KANEDA_LOGGER_FILENAME: 'm.log',
    });
    expect(flushed).to.equal('flushed');
    expect(stored()).to.have.length(3);
  });

  it("report to a store of the user's own", async () => {
    writeFileSync(
      join(cwd, 'store.cjs'),
      `const { ReportExporter } = require(${JSON.stringify(fileURLToPath(new URL('../../../../exporters/index.ts', import.meta.url)))});
       const { appendFileSync } = require('node:fs');
       module.exports = class extends ReportExporter {
         async write(reports) { for (const report of reports) appendFileSync('m.log', JSON.stringify(report) + '\\n'); }
       };`,
    );
    const { flushed, ledger } = await run({
      KANEDA_BACKEND: './store.cjs',
      KANEDA_OUTBOX_MAX_BYTES: '100000',
    });
    expect(flushed).to.equal('flushed');
    expect(ledger.stored).to.equal(3);
    expect(stored()).to.have.length(3);
  });

  it('count calls under refused.settings when the settings are faulty, say it once, and reject flush()', async () => {
    const { doubled, flushed, ledger, said } = await run({
      KANEDA_BACKEND: 'elasticsaerch',
      KANEDA_MODE: 'both',
    });
    expect(doubled).to.equal(42);
    expect(flushed.code).to.equal('KANEDA_SETTINGS');
    expect(flushed.faults).to.have.length(2);
    expect(ledger.refused).to.deep.equal({ settings: 4 });
    expect(said).to.have.length(1);
  });

  it('wait in cells without settings and without a provider', async () => {
    const { ledger, said } = await run({});
    expect(ledger).to.deep.equal({
      accepted: 0,
      stored: 0,
      pending: 0,
      rejected: {},
      dropped: {},
      refused: {},
    });
    expect(said).to.have.length(1);
    expect(said[0]).to.contain('KANEDA_NO_PROVIDER').and.to.contain('no MeterProvider');
  });
});

describe('the ready-made metrics as an object', () => {
  it('is a Metrics whose own methods work on it', () => {
    expect(metrics).to.be.instanceOf(Metrics);
    expect(Metrics.prototype.ledger.call(metrics)).to.deep.equal(metrics.ledger());
  });

  it('reads the settings once, at the first call, and refuses every call that follows a fault', async () => {
    let reads = 0;
    const pipeline = new SettingsPipeline(() => {
      reads += 1;
      throw new Error('faulty');
    });
    const made = new Metrics({}, { pipeline, refusals: new Refusals() });
    expect(made.ledger().refused).to.deep.equal({});
    expect(reads).to.equal(0);
    made.increment('a');
    made.event('b', 'text');
    expect(made.timed('c')((n: number) => n + 1)(1)).to.equal(2);
    expect(made.ledger().refused).to.deep.equal({ settings: 3 });
    expect(await made.flush().catch((error: Error) => error.message)).to.equal('faulty');
    await made.close();
    expect(reads).to.equal(1);
  });

  it('refuses the calls of every copy of the package once one copy has closed it', async () => {
    const exporter = new MemoryStore();
    const parts = {
      pipeline: new SettingsPipeline(() => new StorePipeline([exporter], new HeapCells(), 60_000)),
      refusals: new Refusals(),
    };
    const [one, other] = [new Metrics({}, parts), new Metrics({}, parts)];
    one.increment('a');
    other.increment('a');
    await one.close();
    other.increment('a');
    expect(exporter.of('a')).to.deep.equal([2]);
    expect(other.ledger()).to.deep.equal(one.ledger());
    expect(one.ledger()).to.deep.include({ stored: 1, refused: { closed: 1 } });
  });
});
