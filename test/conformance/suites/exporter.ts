import { expect } from 'chai';
import type { Context } from 'mocha';
import type { Ledger } from '../../../exporters/delivery/ledger.js';
import type { ExporterOptions, ReportExporter } from '../../../exporters/report-exporter.js';
import { newId } from '../../../exporters/reports/ids.js';
import type { Report } from '../../../exporters/reports/report.js';
import { metricsAndLogs } from '../../support/opentelemetry.js';
import { hostileReports } from './hostile.js';

/** A report as it was found in the store; one id may be found more than once. */
export interface Found {
  readonly id: string;
  readonly name: string;
  readonly metric: string;
  readonly value?: unknown;
}

/** A report that this store refuses by itself, while its neighbours in the batch are fine. */
export interface BadReport {
  /** Why: `type conflict`, `text too long`. */
  readonly what: string;
  /** The same report with something in it that the store refuses. */
  spoil(report: Report): Report;
}

/** The cases of the suite that a harness may skip, each with its reason. */
export type Case =
  | 'redelivery'
  | 'partial rejection'
  | 'whole rejection'
  | 'down and up'
  | 'silent'
  | 'full outbox'
  | 'close at the deadline'
  | 'hostile values'
  | 'opentelemetry';

/**
 * How the suite handles one store: a real server, or a stand-in within the process. The store is empty after `start` and `clear`.
 */
export interface ExporterHarness {
  /** Before the first case. `this.skip()` is the context's. */
  start?(context: Context): Promise<void>;
  /** After the last case. */
  stop?(): Promise<void>;
  /** An empty store for the next case, up and answering. Called before each. */
  clear(): Promise<void>;
  /** A new exporter on the store; the options are the suite's, all else is the harness's. The suite shuts it down. */
  make(options: ExporterOptions): ReportExporter | Promise<ReportExporter>;
  /** Everything in the store now, repeats included. Those sent are given for a store that does not keep the id as such. */
  stored(sent: readonly Report[]): Promise<readonly Found[]>;
  /** From now on connections are refused, or requests fail at once. */
  down(): Promise<void>;
  /** From now on requests are taken and not answered. */
  silent(): Promise<void>;
  /** Ends `down` and `silent`. Resolves once the store answers. */
  up(): Promise<void>;
  readonly bad: readonly BadReport[];
  readonly skips?: Readonly<Partial<Record<Case, string>>>;
}

/** A ledger in which nothing is unaccounted for. */
export function expectBalanced(ledger: Ledger): void {
  const sum = (counts: Record<string, number>): number =>
    Object.values(counts).reduce((total, count) => total + count, 0);
  expect(ledger.accepted, JSON.stringify(ledger)).to.equal(
    ledger.stored + ledger.pending + sum(ledger.rejected) + sum(ledger.dropped),
  );
  expect(ledger.pending).to.be.at.least(0);
}

/** Plain reports, the values 0, 1, 2 …, a millisecond apart. */
export function plainReports(count: number, name = 'conformance.plain'): Report[] {
  const start = Date.now();
  return Array.from({ length: count }, (_, value) => ({
    id: newId(start + value),
    name,
    metric: 'gauge',
    value,
    tags: { route: `/${value % 7}` },
    timestamp: new Date(start + value),
    host: 'conformance',
  }));
}

const idsOf = (reports: readonly { id: string }[]): string[] =>
  reports.map((report) => report.id).sort();

/** What every exporter must do, whatever its store is. */
export function describeExporter(name: string, harness: ExporterHarness): void {
  describe(`${name} keeps the exporters' contract`, function () {
    this.timeout(60_000);
    const made: ReportExporter[] = [];
    const make = async (options: ExporterOptions = {}): Promise<ReportExporter> => {
      const exporter = await harness.make(options);
      made.push(exporter);
      return exporter;
    };

    before(async function () {
      await harness.start?.(this);
    });
    after(() => harness.stop?.());
    beforeEach(() => harness.clear());
    afterEach(async () => {
      await harness.up();
      for (const exporter of made.splice(0)) {
        expectBalanced(exporter.ledger());
        await exporter.shutdown({ timeout: 2_000 });
        expectBalanced(exporter.ledger());
      }
    });

    const suite: Suite = { harness, make };
    it('stores each report once, whole and under its id', () => storesOnce(suite));
    const may = (kind: Case, title: string, run: (suite: Suite) => Promise<void>): void => {
      const reason = harness.skips?.[kind];
      if (reason === undefined) it(title, () => run(suite));
      else it.skip(`${title} (skipped: ${reason})`);
    };
    may('redelivery', 'stores a report once that is delivered twice', redelivery);
    for (const bad of harness.bad) {
      may(
        'partial rejection',
        `rejects a bad report and stores its neighbours: ${bad.what}`,
        (given) => partialRejection(given, bad),
      );
      may('whole rejection', `rejects a batch that is bad as a whole: ${bad.what}`, (given) =>
        wholeRejection(given, bad),
      );
    }
    may(
      'down and up',
      'keeps what is recorded while the store is down, and stores it once it is up',
      downAndUp,
    );
    may(
      'silent',
      'gives up on a store that takes requests and does not answer, and stores all once it does',
      silent,
    );
    may('full outbox', 'drops the oldest when the outbox is full, and counts them', fullOutbox);
    may(
      'close at the deadline',
      'closes in time while the store is silent, and says what was lost',
      closeAtTheDeadline,
    );
    may('hostile values', 'stores or rejects hostile values one by one', hostileValues);
    may('opentelemetry', 'serves a metric reader and a log processor at once', opentelemetry);
  });
}

interface Suite {
  readonly harness: ExporterHarness;
  make(options?: ExporterOptions): Promise<ReportExporter>;
}

async function storesOnce({ harness, make }: Suite): Promise<void> {
  const exporter = await make({ batchSize: 7 });
  const sent = plainReports(20);
  exporter.accept(sent);
  await exporter.forceFlush();
  const found = await harness.stored(sent);
  expect(idsOf(found)).to.deep.equal(idsOf(sent));
  for (const report of found) {
    const original = sent.find(({ id }) => id === report.id)!;
    expect(report).to.include({ name: original.name, metric: original.metric });
    expect(Number(report.value)).to.equal(original.value);
  }
  expect(exporter.ledger()).to.include({ accepted: 20, stored: 20, pending: 0 });
}

async function redelivery({ harness, make }: Suite): Promise<void> {
  const sent = plainReports(30);
  const [first, second] = [await make({ batchSize: 10 }), await make({ batchSize: 8 })];
  first.accept(sent);
  await first.forceFlush();
  second.accept(sent);
  second.accept(sent.slice(5, 9));
  await second.forceFlush();
  expect(await second.deliver(sent.slice(0, 3))).to.deep.equal(['stored', 'stored', 'stored']);
  expect(idsOf(await harness.stored(sent))).to.deep.equal(idsOf(sent));
  expect(second.ledger()).to.include({ accepted: 37, stored: 37, pending: 0 });
}

async function partialRejection({ harness, make }: Suite, bad: BadReport): Promise<void> {
  const exporter = await make();
  const good = plainReports(6);
  const spoilt = plainReports(2).map((report) => bad.spoil(report));
  // The first ones settle what types the store takes names for.
  exporter.accept(good.slice(0, 2));
  await exporter.forceFlush();
  exporter.accept([good[2]!, spoilt[0]!, good[3]!, good[4]!, spoilt[1]!, good[5]!]);
  await exporter.forceFlush();
  expect(idsOf(await harness.stored([...good, ...spoilt]))).to.deep.equal(idsOf(good));
  const ledger = exporter.ledger();
  expect(ledger).to.include({ accepted: 8, stored: 6, pending: 0 });
  expect(Object.values(ledger.rejected).reduce((total, count) => total + count, 0)).to.equal(2);
}

async function wholeRejection({ harness, make }: Suite, bad: BadReport): Promise<void> {
  const exporter = await make();
  const [first, last] = plainReports(2);
  const spoilt = plainReports(5).map((report) => bad.spoil(report));
  exporter.accept([first!]);
  await exporter.forceFlush();
  exporter.accept(spoilt);
  await exporter.forceFlush();
  exporter.accept([last!]);
  await exporter.forceFlush();
  expect(idsOf(await harness.stored([first!, ...spoilt, last!]))).to.deep.equal(
    idsOf([first!, last!]),
  );
  expect(exporter.ledger()).to.include({ accepted: 7, stored: 2, pending: 0 });
}

/** The flush's deadline passes, and nothing is lost by that. */
async function expectPending(exporter: ReportExporter, pending: number): Promise<void> {
  let thrown: unknown;
  await exporter.forceFlush({ timeout: 300 }).catch((error: unknown) => {
    thrown = error;
  });
  expect(thrown).to.be.an('error').with.property('code', 'KANEDA_DEADLINE');
  expectBalanced(exporter.ledger());
  expect(exporter.ledger()).to.include({ pending });
}

async function downAndUp({ harness, make }: Suite): Promise<void> {
  const exporter = await make({ batchSize: 10, writeTimeout: 5_000 });
  const sent = plainReports(35);
  exporter.accept(sent.slice(0, 10));
  await exporter.forceFlush();
  await harness.down();
  exporter.accept(sent.slice(10));
  await expectPending(exporter, 25);
  await harness.up();
  await exporter.forceFlush();
  expect(idsOf(await harness.stored(sent))).to.deep.equal(idsOf(sent));
  expect(exporter.ledger()).to.include({ accepted: 35, stored: 35, pending: 0 });
}

async function silent({ harness, make }: Suite): Promise<void> {
  const exporter = await make({ batchSize: 10, writeTimeout: 200 });
  const sent = plainReports(25);
  await harness.silent();
  exporter.accept(sent);
  await expectPending(exporter, 25);
  await harness.up();
  // A server that was frozen may answer its first requests slower than this case's deadline for a write; they are repeated.
  await exporter.forceFlush();
  expect(idsOf(await harness.stored(sent))).to.deep.equal(idsOf(sent));
  expect(exporter.ledger()).to.include({ accepted: 25, stored: 25, pending: 0 });
}

async function fullOutbox({ harness, make }: Suite): Promise<void> {
  const exporter = await make({ batchSize: 5, writeTimeout: 5_000, outbox: { maxBytes: 20_000 } });
  await harness.down();
  const sent = plainReports(300);
  for (let i = 0; i < sent.length; i += 30) {
    exporter.accept(sent.slice(i, i + 30));
    expectBalanced(exporter.ledger());
  }
  const { accepted, pending, dropped } = exporter.ledger();
  expect(accepted).to.equal(300);
  expect(pending).to.be.within(1, 299);
  expect(dropped).to.deep.equal({ 'outbox full': 300 - pending });
  await harness.up();
  await exporter.forceFlush();
  const found = await harness.stored(sent);
  expect(found).to.have.lengthOf(pending);
  // The newest are all there; of the rest only what was being written when room was made.
  const newest = new Set(idsOf(sent.slice(-(pending - 5))));
  expect(found.filter(({ id }) => newest.has(id))).to.have.lengthOf(newest.size);
}

async function closeAtTheDeadline({ harness, make }: Suite): Promise<void> {
  const exporter = await make({ batchSize: 10, writeTimeout: 20_000 });
  await harness.silent();
  const sent = plainReports(15);
  exporter.accept(sent);
  await exporter.shutdown({ timeout: 500 });
  await exporter.shutdown();
  expect(exporter.ledger()).to.deep.include({
    accepted: 15,
    stored: 0,
    pending: 0,
    dropped: { 'deadline at close': 15 },
  });
  const results: { code: number }[] = [];
  exporter.export([], (result) => results.push(result));
  expect(results.map(({ code }) => code)).to.deep.equal([1]);
}

async function hostileValues({ harness, make }: Suite): Promise<void> {
  const exporter = await make();
  const sent = hostileReports();
  const [before, after] = plainReports(2);
  exporter.accept([before!, ...sent, after!]);
  await exporter.forceFlush();
  const ledger = exporter.ledger();
  expect(ledger).to.include({ accepted: sent.length + 2, pending: 0 });
  const found = await harness.stored([before!, ...sent, after!]);
  expect(found).to.have.lengthOf(ledger.stored);
  expect(idsOf(found)).to.include.members(idsOf([before!, after!]));
}

async function opentelemetry({ harness, make }: Suite): Promise<void> {
  const exporter = await make();
  await metricsAndLogs(exporter);
  const ledger = exporter.ledger();
  expect(ledger).to.include({ accepted: 6, stored: 6, pending: 0 });
  const found = await harness.stored([]);
  // A store that knows its reports only by what was sent cannot list these.
  if (found.length > 0) {
    expect(found.map(({ name, metric }) => `${metric} ${name}`).sort()).to.deep.equal([
      'counter conformance.requests',
      'counter conformance.users',
      'event conformance.deployed',
      'event conformance.scope',
      'gauge conformance.heat',
      'timing conformance.duration',
    ]);
  }
}
