import { spawnSync } from 'node:child_process';
import {
  appendFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { expect } from 'chai';
import { pino } from 'pino';
import winston from 'winston';
import { INTERNALS } from '../../../../exporters/delivery/internals.js';
import type { Report } from '../../../../exporters/index.js';
import {
  LoggerExporter,
  type LoggerExporterOptions,
} from '../../../../exporters/stores/logger/index.js';
import { plainReports } from '../../../conformance/suites/exporter.js';
import { until } from '../../../support/until.js';

const timing: Report = {
  id: 'an id',
  name: 'request',
  metric: 'timing',
  fields: { count: 2, huge: 2n ** 60n, unit: 'mine', nested: { when: new Date(0) } },
  tags: ['a', 'b'],
  unit: 's',
  timestamp: new Date(1_700_000_000_000),
  startTimestamp: new Date(1_699_999_990_000),
  host: 'h',
  appName: 'app',
};
const written = {
  id: 'an id',
  host: 'h',
  name: 'request',
  metric: 'timing',
  count: 2,
  huge: '1152921504606846976',
  field_unit: 'mine',
  nested: { when: '1970-01-01T00:00:00.000Z' },
  tags: ['a', 'b'],
  unit: 's',
  app_name: 'app',
  timestamp: '2023-11-14T22:13:20.000Z',
  start_timestamp: '2023-11-14T22:13:10.000Z',
};

describe('LoggerExporter', () => {
  let directory = '';
  let filename = '';
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'kaneda-log-'));
    filename = join(directory, 'reports.log');
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));
  const lines = async (file = filename): Promise<string[]> =>
    (await readFile(file, 'utf8')).split('\n').slice(0, -1);
  const store = async (exporter: LoggerExporter, reports: readonly Report[]): Promise<void> => {
    exporter[INTERNALS].accept(reports);
    await exporter.forceFlush();
  };

  for (const fsync of ['batch', 'none'] as const) {
    it(`writes one JSON object a line, fsync ${fsync}`, async () => {
      const exporter = new LoggerExporter({ filename, fsync });
      await store(exporter, [timing, ...plainReports(2)]);
      await exporter.shutdown();
      const [first, second] = await lines();
      expect(JSON.parse(first!)).to.deep.equal(written);
      expect(JSON.parse(second!)).to.include({ metric: 'gauge', value: 0 });
    });
  }

  it('appends to what is there, and ends a line that was cut', async () => {
    await writeFile(filename, '{"id":"whole"}\n{"id":"cu');
    const exporter = new LoggerExporter({ filename });
    await store(exporter, plainReports(1));
    await exporter.shutdown();
    const [whole, cut, fresh] = await lines();
    expect([whole, cut]).to.deep.equal(['{"id":"whole"}', '{"id":"cu']);
    expect(JSON.parse(fresh!)).to.include({ value: 0 });
  });

  it('goes on in a new file when the old one was rotated away', async () => {
    const exporter = new LoggerExporter({ filename });
    await store(exporter, plainReports(1));
    await rename(filename, `${filename}.1`);
    await store(exporter, plainReports(2));
    await rm(filename);
    await store(exporter, plainReports(3));
    await exporter.shutdown();
    expect(await lines(`${filename}.1`)).to.have.lengthOf(1);
    expect(await lines()).to.have.lengthOf(3);
  });

  it('leaves other writers of the file their lines', async () => {
    const exporter = new LoggerExporter({ filename });
    await store(exporter, plainReports(1));
    await appendFile(filename, '{"other":true}\n');
    await store(exporter, plainReports(1));
    await exporter.shutdown();
    expect((await lines()).map((line) => Object.keys(JSON.parse(line)).length > 1)).to.deep.equal([
      true,
      false,
      true,
    ]);
  });

  it('names what is wrong with the file, and keeps the reports', async () => {
    const exporter = new LoggerExporter({ filename: join(directory, 'missing', 'reports.log') });
    exporter[INTERNALS].accept(plainReports(1));
    await until(() => exporter.fault !== undefined);
    const error = await exporter.forceFlush({ timeout: 300 }).catch((thrown: Error) => thrown);
    expect((error as Error).cause).to.include({ code: 'KANEDA_IMPROPERLY_CONFIGURED' });
    expect(((error as Error).cause as Error).message).to.include(
      'its directory does not exist: create it',
    );
    expect(exporter.ledger()).to.include({ pending: 1 });
    await exporter.shutdown({ timeout: 100 });
  });

  const collected = (texts: string[]): Writable =>
    new Writable({
      write(chunk, _, done) {
        texts.push(String(chunk));
        done();
      },
    });

  it('writes to pino, winston and console', async () => {
    const texts: string[] = [];
    const objects: object[] = [];
    const loggers: Record<string, NonNullable<LoggerExporterOptions['logger']>> = {
      pino: pino(collected(texts)),
      winston: winston.createLogger({
        transports: [
          new winston.transports.Stream({
            stream: collected(texts),
            format: winston.format.json(),
          }),
        ],
      }),
      console: Object.assign(Object.create(console), {
        info: (object: object) => objects.push(object),
      }),
    };
    for (const logger of Object.values(loggers)) {
      const exporter = new LoggerExporter({ logger });
      await store(exporter, [timing]);
      await exporter.shutdown();
    }
    expect(JSON.parse(texts[0]!)).to.deep.include(written);
    expect(JSON.parse(texts[1]!).message).to.deep.include(written);
    expect(objects).to.deep.equal([written]);
  });

  it('writes to standard error when it is told nothing', () => {
    const program = `
      const { LoggerExporter } = await import(${JSON.stringify(new URL('../../../../exporters/stores/logger/index.ts', import.meta.url).href)});
      const exporter = new LoggerExporter();
      const { INTERNALS } = await import(${JSON.stringify(new URL('../../../../exporters/delivery/internals.ts', import.meta.url).href)});
      exporter[INTERNALS].accept([{ id: 'x', name: 'n', metric: 'gauge', value: 1, timestamp: new Date(0), host: 'h' }]);
      await exporter.shutdown();`;
    const { stderr, status } = spawnSync(
      process.execPath,
      ['--import', 'tsx', '--input-type=module', '-e', program],
      {
        encoding: 'utf8',
      },
    );
    expect(status).to.equal(0);
    expect(JSON.parse(stderr.trim().split('\n').at(-1)!)).to.include({
      id: 'x',
      name: 'n',
      value: 1,
    });
  });

  it('takes one target', () => {
    expect(() => new LoggerExporter({ filename, logger: console })).to.throw('excludes logger');
  });

  it('keeps log and outbox where they were asked for, though the process changes its directory', async () => {
    const before = process.cwd();
    const [first, second] = [join(directory, 'first'), join(directory, 'second')];
    await Promise.all([mkdir(first), mkdir(second)]);
    try {
      process.chdir(first);
      const exporter = new LoggerExporter({ filename: 'log', outbox: { directory: 'outbox' } });
      process.chdir(second);
      const [report] = plainReports(1);
      exporter[INTERNALS].accept([report!]);
      await exporter.forceFlush();
      expect((await readdir(first)).sort()).to.deep.equal(['log', 'outbox']);
      expect(await readdir(second)).to.deep.equal([]);
      expect(await readFile(join(first, 'log'), 'utf8')).to.include(report!.id);
      await exporter.shutdown();
    } finally {
      process.chdir(before);
    }
  });
});
