import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { type Outcome, type Report, ReportExporter } from '../../../../exporters/index.js';
import { Metrics } from '../../../../src/index.js';
import { captureDiag, releaseDiag } from '../../../support/captured-diag.js';
import { settled } from '../../../support/clock.js';
import { ScriptedExporter, ScriptedStore } from '../../../support/scripted-exporter.js';
import { until } from '../../../support/until.js';
import { kanedaWarnings, problemsTaken } from '../../../support/warnings.js';

const TSX = import.meta.resolve('tsx');

/** Runs a program; what it wrote to both outputs, and its exit code. */
async function run(
  path: string,
  args: readonly string[] = [],
  options: { cwd?: string; env?: Record<string, string> } = {},
): Promise<{ stdout: string; lines: string[] }> {
  const program = fileURLToPath(new URL(`../../../programs/${path}.ts`, import.meta.url));
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    ['--import', TSX, program, ...args],
    {
      timeout: 100_000,
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      env: { PATH: process.env.PATH, ...options.env },
    },
  );
  return {
    stdout,
    lines: stderr
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('(Use `node --trace-warnings')),
  };
}

/** An address that refuses connections. */
async function deadUrl(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}`;
}

describe('trouble without a diag logger', function () {
  afterEach(releaseDiag);
  this.timeout(120_000);

  for (const end of ['returns', 'lives', 'flushes'] as const) {
    it(`is one line of a program without its server that ${end}`, async () => {
      const url = await deadUrl();
      const { stdout, lines } = await run('metrics/no-server', [url, end]);
      expect(lines, lines.join('\n')).to.have.length(1);
      expect(lines[0])
        .to.match(/\[KANEDA_OUTAGE\] KanedaWarning: ElasticsearchExporter/)
        .and.include(`(${url})`)
        .and.include(`ECONNREFUSED ${url.slice(7)}`)
        .and.include('kept in memory, up to 64 MiB')
        .and.include('start the server, or correct host and port');
      if (end === 'flushes') expect(stdout).to.equal('KANEDA_DEADLINE');
    });
  }

  it('is one line of a program whose numbers go nowhere, and none once a provider is there', async () => {
    const { lines } = await run('metrics/nowhere');
    expect(lines, lines.join('\n')).to.have.length(1);
    expect(lines[0]).to.include('[KANEDA_NO_PROVIDER]').and.include('KANEDA_BACKEND');
    expect((await run('metrics/nowhere', ['registers'])).lines).to.deep.equal([]);
    const disabled = await run('metrics/nowhere', [], { env: { OTEL_SDK_DISABLED: 'true' } });
    expect(disabled.lines).to.deep.equal([]);
  });

  it('is one line of a program whose settings are faulty, with the fault', async () => {
    const cwd = await mkdtemp(join(tmpdir(), 'kaneda-trouble-'));
    try {
      await writeFile(join(cwd, 'kanedasettings.json'), '{"BACKEND":"elasticsearch"}');
      const { lines } = await run('settings/recording', [], { cwd });
      expect(lines, lines.join('\n')).to.have.length(1);
      expect(lines[0]).to.include('[KANEDA_SETTINGS]').and.include('ELASTIC_');
    } finally {
      await rm(cwd, { recursive: true });
    }
  });

  it('is nothing of a program without trouble', async () => {
    const cwd = await mkdtemp(join(tmpdir(), 'kaneda-trouble-'));
    try {
      const env = { KANEDA_BACKEND: 'logger', KANEDA_LOGGER_FILENAME: join(cwd, 'm.log') };
      expect((await run('settings/recording', [], { cwd, env })).lines).to.deep.equal([]);
    } finally {
      await rm(cwd, { recursive: true });
    }
  });

  it('is told again after a recovery, which is told too', async () => {
    const warnings = kanedaWarnings();
    const store = new ScriptedStore();
    const exporter = new ScriptedExporter(store);
    const metrics = new Metrics({ backend: exporter, mode: 'individual' });
    for (const state of ['down', 'up', 'down', 'up'] as const) {
      store.state = state;
      metrics.increment('x');
      if (state === 'up') await metrics.flush();
      else await until(() => exporter.fault !== undefined);
    }
    await metrics.close();
    expect((await warnings.end()).map((text) => text.split(' ')[0])).to.deep.equal([
      'KANEDA_OUTAGE',
      'KANEDA_RECOVERED',
      'KANEDA_OUTAGE',
      'KANEDA_RECOVERED',
    ]);
  });

  it('goes to the diag logger that the application has set, and not to the process', async () => {
    const texts = captureDiag();
    const warnings = kanedaWarnings();
    const metrics = new Metrics({ backend: new ScriptedExporter() });
    metrics.increment('');
    expect(texts()).to.have.length(1);
    expect(texts()[0]).to.match(/^KANEDA_REFUSED: kaneda-otel: increment\(""\) refused \(name\)/);
    await metrics.close();
    expect(await warnings.end()).to.deep.equal([]);
  });
});

describe('onProblem', () => {
  afterEach(releaseDiag);
  it('of a Metrics takes its own problems and those of its exporters instead', async () => {
    const texts = captureDiag();
    const warnings = kanedaWarnings();
    const { taken, onProblem } = problemsTaken();
    const store = new ScriptedStore();
    store.state = 'down';
    const backend = new ScriptedExporter(store);
    const metrics = new Metrics({ backend, mode: 'individual', onProblem });
    metrics.increment('x', 1 as never);
    metrics.event('e', 'text');
    await until(() => taken.length === 2);
    await metrics.close({ timeout: 100 });
    expect(taken.map(({ code }) => code)).to.deep.equal(['KANEDA_REFUSED', 'KANEDA_OUTAGE']);
    const [, outage] = taken;
    expect(outage?.remedy).to.equal(
      'nothing listens there: start the server, or correct host and port',
    );
    expect(outage?.cause).to.have.property('message').that.includes('ECONNREFUSED');
    expect(texts()).to.deep.equal([]);
    expect(await warnings.end()).to.deep.equal([]);
  });

  it('of a Metrics takes a tag with too many values', async () => {
    const { taken, onProblem } = problemsTaken();
    const metrics = new Metrics({ backend: new ScriptedExporter(), tagLimit: 2, onProblem });
    for (const user of ['a', 'b', 'c', 'd']) metrics.increment('x', { user });
    await metrics.close();
    expect(taken.map(({ code }) => code)).to.deep.equal(['KANEDA_TAG_LIMIT']);
    expect(taken[0]?.message).to.include('"user"').and.include('tagLimit');
  });

  it('of an exporter goes before that of its Metrics', async () => {
    const own = problemsTaken();
    const outer = problemsTaken();
    const store = new ScriptedStore();
    store.state = 'down';
    const backend = new ScriptedExporter(store, { onProblem: own.onProblem });
    const metrics = new Metrics({ backend, mode: 'individual', onProblem: outer.onProblem });
    metrics.increment('x');
    await until(() => own.taken.length > 0);
    await metrics.close({ timeout: 100 });
    expect(own.taken.map(({ code }) => code)).to.deep.equal(['KANEDA_OUTAGE']);
    expect(outer.taken).to.deep.equal([]);
  });

  it('that throws, or rejects, harms nothing', async () => {
    for (const onProblem of [
      () => {
        throw new Error('not ours');
      },
      async () => {
        throw new Error('not ours');
      },
    ]) {
      const store = new ScriptedStore();
      store.state = 'down';
      const metrics = new Metrics({ backend: new ScriptedExporter(store), onProblem });
      metrics.increment('');
      metrics.increment('x');
      await metrics.flush({ timeout: 200 }).catch(() => undefined);
      store.state = 'up';
      await metrics.close();
      await settled();
      expect(metrics.ledger()).to.include({ stored: 1, pending: 0 });
    }
  });

  it('is told of the first report that is refused for each reason', async () => {
    const { taken, onProblem } = problemsTaken();
    const metrics = new Metrics({ backend: new ScriptedExporter(), mode: 'individual', onProblem });
    metrics.event('first', 'bad');
    metrics.event('second', 'bad');
    await metrics.close();
    expect(taken.map(({ code }) => code)).to.deep.equal(['KANEDA_REJECTED']);
    expect(taken[0]?.message).to.include('"first"').and.include('bad value');
  });

  it('is told of refusals for ten reasons, while the ledger counts and names each', async () => {
    class Refusing extends ReportExporter {
      write(reports: readonly Report[]): Promise<Outcome[]> {
        return Promise.resolve(reports.map(({ value }) => ({ rejected: `no room for ${value}` })));
      }
    }
    const { taken, onProblem } = problemsTaken();
    const metrics = new Metrics({ backend: new Refusing(), mode: 'individual', onProblem });
    for (let i = 0; i < 12; i++) metrics.event('e', `text ${i}`);
    await metrics.close();
    expect(taken.map(({ code }) => code)).to.deep.equal(Array(10).fill('KANEDA_REJECTED'));
    expect(Object.keys(metrics.ledger().rejected)).to.have.length(12);
  });

  it('is told of reports that had to make room, and of those given up at close', async () => {
    const { taken, onProblem } = problemsTaken();
    const store = new ScriptedStore();
    store.state = 'silent';
    const backend = new ScriptedExporter(store, { outbox: { maxBytes: 2_000 } });
    const metrics = new Metrics({ backend, mode: 'individual', onProblem });
    for (let i = 0; i < 100; i++) metrics.event('e', `text ${i}`);
    await metrics.close({ timeout: 200 });
    expect(
      taken.map(({ code, message }) => [code, /outbox is full|closed/.exec(message)?.[0]]),
    ).to.deep.equal([
      ['KANEDA_DROPPED', 'outbox is full'],
      ['KANEDA_DROPPED', 'closed'],
    ]);
  });

  it('is told once of bursts that a working store cannot keep up with', async () => {
    const { taken, onProblem } = problemsTaken();
    const backend = new ScriptedExporter(new ScriptedStore(), { outbox: { maxBytes: 2_000 } });
    const metrics = new Metrics({ backend, mode: 'individual', onProblem });
    for (let burst = 0; burst < 5; burst++) {
      for (let i = 0; i < 100; i++) metrics.event('e', `text ${i}`);
      await metrics.flush();
    }
    await metrics.close();
    expect(taken.map(({ code }) => code)).to.deep.equal(['KANEDA_DROPPED']);
    expect(metrics.ledger().dropped['outbox full']).to.be.greaterThan(300);
  });

  it('must be a function', () => {
    expect(() => new Metrics({ onProblem: 'x' as never })).to.throw(
      /onProblem: must be a function/,
    );
  });
});
