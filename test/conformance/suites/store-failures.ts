import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { DiagLogLevel, diag } from '@opentelemetry/api';
import { expect } from 'chai';
import type { Context } from 'mocha';
import { INTERNALS } from '../../../exporters/delivery/internals.js';
import type { ExporterOptions, ReportExporter } from '../../../exporters/report-exporter.js';
import { newId } from '../../../exporters/reports/ids.js';
import type { Report } from '../../../exporters/reports/report.js';
import { startProxy, type TcpProxy } from '../../support/servers/proxy.js';
import type { Server } from '../../support/servers/server.js';
import { until } from '../../support/until.js';
import { expectBalanced, type Found, plainReports } from './exporter.js';

/** How a store's own failures are brought about, on a real server that wants a password. */
export interface Failing {
  /** The server, running; the database is not there. */
  start(context: Context): Promise<Server>;
  /** An exporter that reaches the server at this URL, by an account that may do everything unless another is given. */
  make(
    url: string,
    options?: ExporterOptions,
    account?: { user: string; password: string },
  ): ReportExporter;
  /** The module and the class for a program of its own, and its options. */
  readonly program: { module: string; exporter: string; options(url: string): object };
  stored(sent: readonly Report[]): Promise<readonly Found[]>;
  /** Drops the database with everything in it. */
  drop(): Promise<void>;
  /** Makes an account without the right to write, if the server knows such. */
  readonly powerless?: () => Promise<{ user: string; password: string }>;
  /** What the message about missing rights tells an administrator to run. */
  readonly remedy: RegExp;
}

const PLANTED = 'pl4nted-pa55word';
const idsOf = (reports: readonly { id: string }[]): string[] => reports.map(({ id }) => id).sort();

/** What a store must survive besides being down: what only its own server can do to it. */
export function describeFailures(name: string, failing: Failing): void {
  describe(`${name}, when things fail`, function () {
    this.timeout(120_000);
    let server: Server;
    let proxy: TcpProxy | undefined;
    const made: ReportExporter[] = [];
    const make: Failing['make'] = (...given) => {
      const exporter = failing.make(...given);
      made.push(exporter);
      return exporter;
    };

    before(async function () {
      server = await failing.start(this);
    });
    after(() => server?.stop());
    beforeEach(() => failing.drop());
    afterEach(async () => {
      diag.disable();
      for (const exporter of made.splice(0)) {
        await exporter.shutdown({ timeout: 2_000 });
        expectBalanced(exporter.ledger());
      }
      await proxy?.close();
      proxy = undefined;
    });

    it('stores each report once when the connection is cut in the middle of requests', async () => {
      proxy = await startProxy(server.url);
      const exporter = make(proxy.url, { batchSize: 500 });
      const sent = plainReports(4_000);
      for (const [i, bytes] of [40_000, 7, 90_000, 1].entries()) {
        proxy.cutAfter(bytes);
        exporter[INTERNALS].accept(sent.slice(i * 1_000, i * 1_000 + 1_000));
        await exporter.forceFlush();
      }
      expect(idsOf(await failing.stored(sent))).to.deep.equal(idsOf(sent));
      expect(exporter.ledger()).to.include({ accepted: 4_000, stored: 4_000, pending: 0 });
    });

    it('stores each report once when answers are held back beyond the deadline', async () => {
      proxy = await startProxy(server.url);
      const exporter = make(proxy.url, { writeTimeout: 1_000, batchSize: 100 });
      const sent = plainReports(300);
      exporter[INTERNALS].accept(sent.slice(0, 100));
      await exporter.forceFlush();
      proxy.hold();
      exporter[INTERNALS].accept(sent.slice(100));
      await exporter.forceFlush({ timeout: 1_500 }).then(
        () => expect.fail('nothing was answered'),
        (error) => expect(error).to.have.property('code', 'KANEDA_DEADLINE'),
      );
      proxy.resume();
      await exporter.forceFlush();
      expect(idsOf(await failing.stored(sent))).to.deep.equal(idsOf(sent));
    });

    it('carries on when the server is restarted under load', async function () {
      if (!server.own) this.skip();
      const exporter = make(server.url, { batchSize: 50 });
      const sent = plainReports(2_000);
      exporter[INTERNALS].accept(sent.slice(0, 1_000));
      await server.stop();
      exporter[INTERNALS].accept(sent.slice(1_000));
      await server.start();
      await exporter.forceFlush();
      expect(idsOf(await failing.stored(sent))).to.deep.equal(idsOf(sent));
    });

    it('makes the database again when it is dropped while running', async () => {
      const exporter = make(server.url);
      const [before, after] = [plainReports(20), plainReports(20)];
      exporter[INTERNALS].accept(before);
      await exporter.forceFlush();
      await failing.drop();
      exporter[INTERNALS].accept(after);
      await exporter.forceFlush();
      expect(idsOf(await failing.stored(after))).to.deep.equal(idsOf(after));
      expect(exporter.ledger()).to.include({ accepted: 40, stored: 40 });
    });

    it('loses nothing when the clock steps back', async () => {
      const exporter = make(server.url);
      const start = Date.now();
      // One millisecond again and again, then an hour back, then the same millisecond once more.
      const times = [start, start, start - 3_600_000, start - 3_600_000, start, start];
      const sent = times.flatMap((time) =>
        plainReports(300).map((report) => ({
          ...report,
          id: newId(time),
          timestamp: new Date(time),
        })),
      );
      exporter[INTERNALS].accept(sent);
      await exporter.forceFlush();
      expect(idsOf(await failing.stored(sent))).to.deep.equal(idsOf(sent));
    });

    it('keeps the reports when the password is wrong, says so once and never says the password', async () => {
      const said = captureDiag();
      const exporter = make(
        server.url,
        { writeTimeout: 30_000 },
        { user: 'admin', password: PLANTED },
      );
      exporter[INTERNALS].accept(plainReports(10));
      await until(() => exporter.fault !== undefined);
      const error = await exporter.forceFlush({ timeout: 1_000 }).then(
        () => expect.fail('the password was taken'),
        (thrown: Error) => thrown,
      );
      expect(error).to.have.property('code', 'KANEDA_DEADLINE');
      expect(error.cause).to.have.property('code', 'KANEDA_IMPROPERLY_CONFIGURED');
      expect(exporter.ledger()).to.include({ accepted: 10, stored: 0, pending: 10 });
      expect(exporter.ledger().rejected).to.deep.equal({});
      expect(said.filter((line) => /credential|refuses/i.test(line))).to.have.lengthOf(1);
      expect(said.join('\n') + textOf(error)).to.not.include(PLANTED);
    });

    it('names the command of an administrator when a right is missing', async function () {
      if (failing.powerless === undefined) this.skip();
      const seed = make(server.url);
      seed[INTERNALS].accept(plainReports(1));
      await seed.forceFlush();
      const said = captureDiag();
      const exporter = make(server.url, { writeTimeout: 30_000 }, await failing.powerless!());
      exporter[INTERNALS].accept(plainReports(10));
      await until(() => exporter.fault !== undefined);
      const error = await exporter.forceFlush({ timeout: 1_000 }).then(
        () => expect.fail('it had the right'),
        (thrown: Error) => thrown,
      );
      expect(error.cause).to.have.property('code', 'KANEDA_IMPROPERLY_CONFIGURED');
      expect((error.cause as Error).message).to.match(failing.remedy);
      expect(said.filter((line) => failing.remedy.test(line))).to.have.lengthOf(1);
      expect(exporter.ledger()).to.include({ pending: 10 });
    });

    it('is set up by many processes at once', async () => {
      const { module, exporter, options } = failing.program;
      const start = String(Date.now() + 4_000);
      const count = 150;
      const args = [module, exporter, JSON.stringify(options(server.url)), String(count), start];
      const outputs = await Promise.all(Array.from({ length: 5 }, () => runProgram(args)));
      const sent = outputs.flatMap((output) => (JSON.parse(output) as { sent: Report[] }).sent);
      const reports = sent.map((report) => ({ ...report, timestamp: new Date(report.timestamp) }));
      expect(reports).to.have.lengthOf(5 * count);
      expect(idsOf(await failing.stored(reports))).to.deep.equal(idsOf(reports));
    });
  });
}

/** Everything that is said through OpenTelemetry's `diag` from now on. */
function captureDiag(): string[] {
  const said: string[] = [];
  const add = (...text: unknown[]) => said.push(text.map(String).join(' '));
  diag.setLogger(
    { error: add, warn: add, info: add, debug: add, verbose: add },
    { logLevel: DiagLogLevel.ALL, suppressOverrideMessage: true },
  );
  return said;
}

/** An error as anyone could print it: message, stack and causes. */
export function textOf(error: unknown): string {
  const { message, stack, cause } = error as Error;
  return [message, stack, JSON.stringify(error), cause === undefined ? '' : textOf(cause)].join(
    '\n',
  );
}

/** Runs the program that uses a store for the first time, and gives what it printed. */
function runProgram(args: readonly string[]): Promise<string> {
  const program = fileURLToPath(new URL('../../programs/stores/first-use.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', program, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) =>
      code === 0 ? resolve(output) : reject(new Error(`the program ends with ${code}`)),
    );
  });
}
