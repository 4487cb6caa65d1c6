import { appendFile, chmod, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import type { Problem } from '../../../../exporters/problems/problem.js';
import type { ReadOptions } from '../../../../exporters/reading/query.js';
import { ReportExporter } from '../../../../exporters/report-exporter.js';
import type { Report } from '../../../../exporters/reports/report.js';
import { InfluxExporter } from '../../../../exporters/stores/influxdb/index.js';
import { toLine } from '../../../../exporters/stores/logger/documents.js';
import { LoggerExporter } from '../../../../exporters/stores/logger/index.js';
import { OtlpExporter } from '../../../../exporters/stores/otlp/index.js';
import { Metrics } from '../../../../src/metrics/metrics.js';
import { type ReportSource, readReports } from '../../../../src/reading/read-reports.js';
import { loadSettings } from '../../../../src/settings/settings.js';

const START = Date.parse('2026-01-28T12:00:00Z');

const report = (at: number, more: Partial<Report> = {}): Report => ({
  id: `id ${at}`,
  name: 'n',
  metric: 'counter',
  value: at,
  host: 'h',
  timestamp: new Date(START + at * 1_000),
  ...more,
});

async function all(source: ReportSource | undefined, options?: ReadOptions): Promise<Report[]> {
  const found: Report[] = [];
  for await (const one of readReports(source, options)) found.push(one);
  return found;
}

const failure = (reading: Promise<unknown>): Promise<Error & { code?: string }> =>
  reading.then(
    () => expect.fail('it was read'),
    (error) => error,
  );

describe('readReports', () => {
  let folder: string;
  let filename: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kaneda-reading-'));
  });
  after(() => rm(folder, { recursive: true }));
  let files = 0;
  beforeEach(() => {
    filename = join(folder, `metrics-${files++}.log`);
  });

  const write = (reports: readonly Report[]): Promise<void> =>
    writeFile(filename, reports.map(toLine).join(''));
  const read = (options?: ReadOptions): Promise<Report[]> =>
    all(new LoggerExporter({ filename }), options);
  const values = (reports: readonly Report[]): unknown[] => reports.map(({ value }) => value);

  it('gives back from a log file what was stored', async () => {
    const reports = [
      report(1, { tags: { route: '/a', status: 500, good: false }, unit: 's', appName: 'shop' }),
      report(2, { metric: 'event', value: 'text "quoted"\nand ünïcode', tags: ['a', 'b'] }),
      report(3, { metric: 'order', fields: { price: 3, parts: [{ x: 1 }] } }),
      report(4, { startTimestamp: new Date(START) }),
    ];
    delete reports[2]!.value;
    await write(reports);
    expect(await read()).to.deep.equal(reports);
  });

  it('gives them back oldest first, when several processes have written the file', async () => {
    const late = Array.from({ length: 30_000 }, (_, i) => report(i + (i % 3 === 0 ? 2_000 : 0)));
    await write(late);
    const found = await read();
    const times = found.map(({ timestamp }) => timestamp.getTime());
    expect(times).to.deep.equal([...times].sort((a, b) => a - b));
    expect(found).to.have.length(late.length);
  });

  it('leaves out what was not asked for', async () => {
    await write([
      report(1, { name: 'a', tags: { route: '/x', status: 200 } }),
      report(2, { name: 'b', tags: { route: '/x', status: 500 } }),
      report(3, { name: 'a', metric: 'gauge' }),
      report(4, { name: 'a', tags: ['one', 'two'] }),
    ]);
    expect(values(await read({ names: ['a'] }))).to.deep.equal([1, 3, 4]);
    expect(values(await read({ metrics: ['gauge', 'event'] }))).to.deep.equal([3]);
    expect(values(await read({ tags: { route: '/x', status: 500 } }))).to.deep.equal([2]);
    expect(values(await read({ tags: ['two'] }))).to.deep.equal([4]);
    const range = { since: new Date(START + 2_000), until: '2026-01-28T12:00:04Z' };
    expect(values(await read(range))).to.deep.equal([2, 3]);
    expect(await read({ since: '1s' })).to.deep.equal([]);
  });

  it('counts lines that are not reports, and does not mind a last line that is being written', async () => {
    await write([report(1)]);
    await appendFile(filename, 'npm warn\n{"level":30}\n\n');
    await appendFile(filename, `${toLine(report(2))}{"id":"half`);
    const problems: Problem[] = [];
    const found = await read({ onProblem: (problem) => problems.push(problem) });
    expect(values(found)).to.deep.equal([1, 2]);
    expect(problems.map(({ message }) => message)).to.deep.equal([
      `kaneda-otel: ${filename}: 2 lines are not reports and were left out, the first is line 2`,
    ]);
  });

  it('reads a file that a rotation has put aside, compressed too', async () => {
    await write([report(1)]);
    await rename(filename, `${filename}.1`);
    const error = await failure(read());
    expect(error.code).to.equal('KANEDA_IMPROPERLY_CONFIGURED');
    expect(error.message).to.include(`${filename}.1: name one of them`);
    filename = `${filename}.1`;
    expect(values(await read())).to.deep.equal([1]);
    await writeFile(filename, gzipSync(`${toLine(report(7))}`));
    expect(values(await read())).to.deep.equal([7]);
  });

  it('says what to do about a file that cannot be read', async () => {
    expect((await failure(read())).message).to.equal(
      `cannot read ${filename}: there is no such file: correct the path, or let the application write it first`,
    );
    filename = folder;
    expect((await failure(read())).message).to.include('it is a directory: name a file');
  });

  it('says that a right is missing', async function () {
    if (process.getuid?.() === 0) this.skip();
    await write([]);
    await chmod(filename, 0);
    expect((await failure(read())).message).to.include('grant read access');
  });

  it('says why other places cannot be read', async () => {
    class Own extends ReportExporter {
      protected override async write(): Promise<void> {}
    }
    for (const [exporter, words] of [
      [new LoggerExporter(), 'give the exporter a filename'],
      [
        new OtlpExporter({ url: 'http://127.0.0.1:9' }),
        'read the store that the collector exports',
      ],
      [new Own(), 'Own has no reader'],
    ] as const) {
      const error = await failure(Promise.resolve().then(() => all(exporter)));
      expect(error.code).to.equal('KANEDA_IMPROPERLY_CONFIGURED');
      expect(error.message).to.include(words);
    }
  });

  it('does not wait for an InfluxDB that never answers', async () => {
    const silent = createServer((socket) => socket.on('error', () => {}).resume());
    await new Promise<void>((listening) => silent.listen(0, '127.0.0.1', listening));
    const { port } = silent.address() as AddressInfo;
    const connectionUrl = `http://127.0.0.1:${port}`;
    const exporter = new InfluxExporter({ connectionUrl, writeTimeout: 100 });
    const error = await failure(all(exporter));
    expect(error.message).to.equal(
      `InfluxDB at ${connectionUrl}: no answer within 0.1 s: the server does not answer or is slow: check its log, or raise writeTimeout`,
    );
    silent.close();
  });

  it('reads the store that settings name', async () => {
    await write([report(1)]);
    const env = { KANEDA_BACKEND: 'logger', KANEDA_LOGGER_FILENAME: filename };
    expect(values(await all(loadSettings({ env, cwd: folder })))).to.deep.equal([1]);
    const given = { BACKEND: 'logger', LOGGER_FILENAME: filename };
    expect(values(await all(given))).to.deep.equal([1]);
    expect(() => readReports({ BACKEND: 'loger' })).to.throw(/did you mean logger/);
    expect(() => readReports({ BACKEND: 'logger', LOGER_FILENAME: 'x' })).to.throw(/unknown/);
    expect(() => readReports(loadSettings({ env: {}, cwd: folder }))).to.throw(/BACKEND: missing/);
  });

  it('ends when its signal does, with the reason', async () => {
    await write(Array.from({ length: 50_000 }, (_, i) => report(i)));
    const controller = new AbortController();
    const reading = readReports(new LoggerExporter({ filename }), { signal: controller.signal });
    await reading.next();
    controller.abort(new Error('enough'));
    const rest = (async () => {
      for await (const _ of reading);
    })();
    expect((await failure(rest)).message).to.equal('enough');
  });

  it('refuses options it does not know, all at once', () => {
    const exporter = new LoggerExporter({ filename });
    expect(() => readReports(exporter, { nmaes: ['a'], since: 'yesterday' } as never))
      .to.throw(/did you mean names.*since/)
      .with.property('code', 'KANEDA_SETTINGS');
    for (const other of ['metrics.log', null, 7, [], new Metrics({ enabled: false })])
      expect(() => readReports(other as never)).to.throw(/neither an exporter nor settings/);
    expect(() => readReports(exporter, null as never)).to.throw(/options: must be an object/);
  });

  it('refuses what could find nothing: an end before the beginning, a tag without a value', () => {
    const exporter = new LoggerExporter({ filename });
    const read = (options: object) => () => readReports(exporter, options);
    expect(read({ since: '5m', until: '1h' }))
      .to.throw(/until: is not after since \(20.*Z\); give a later one/)
      .with.property('code', 'KANEDA_SETTINGS');
    expect(read({ since: 5, until: new Date(5) })).to.throw(/until: is not after since/);
    expect(read({ since: 5, until: new Date(6) })).to.not.throw();
    expect(read({ since: '99999d' })).to.not.throw();
    expect(read({ since: '999999999999d' })).to.throw(/since: must be a Date/);
    for (const value of [undefined, null, ['a'], () => 'a'])
      expect(read({ tags: { route: value } })).to.throw(
        /tags: must be an object of keys and their/,
      );
  });

  it('gives back what an application has recorded', async () => {
    const metrics = new Metrics({ backend: new LoggerExporter({ filename }) });
    metrics.increment('shop.requests', { route: '/' }, 3);
    metrics.timing('shop.duration', 0.2);
    metrics.event('shop.started', 'text');
    await metrics.close();
    const found = await read();
    expect(found.map(({ name }) => name)).to.have.members([
      'shop.requests',
      'shop.duration',
      'shop.started',
    ]);
    const timing = found.find(({ metric }) => metric === 'timing')!;
    expect(timing.fields).to.include({ count: 1, sum: 0.2, min: 0.2, max: 0.2 });
  });
});
