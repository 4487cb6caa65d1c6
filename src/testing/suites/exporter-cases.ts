import assert from 'node:assert/strict';
import { INTERNALS } from '../../../exporters/delivery/internals.js';
import type { ReportExporter } from '../../../exporters/report-exporter.js';
import {
  expectBalanced,
  expectDeadline,
  expectLedger,
  expectSameIds,
  idsOf,
  rejectedIn,
} from './expectations.js';
import type { BadReport, ExporterSuite } from './exporter-harness.js';
import { hostileReports } from './hostile-reports.js';
import { metricsAndLogs } from './metrics-and-logs.js';
import { plainReports } from './reports.js';

export async function storesOnce({ harness, make }: ExporterSuite): Promise<void> {
  const exporter = await make({ batchSize: 7 });
  const sent = plainReports(20);
  exporter[INTERNALS].accept(sent);
  await exporter.forceFlush();
  const found = await harness.stored(sent);
  expectSameIds(found, sent);
  for (const report of found) {
    const original = sent.find(({ id }) => id === report.id)!;
    assert.equal(report.name, original.name);
    assert.equal(report.metric, original.metric);
    assert.equal(Number(report.value), original.value);
  }
  expectLedger(exporter.ledger(), { accepted: 20, stored: 20, pending: 0 });
}

export async function redelivery({ harness, make }: ExporterSuite): Promise<void> {
  const sent = plainReports(30);
  const [first, second] = [await make({ batchSize: 10 }), await make({ batchSize: 8 })];
  first[INTERNALS].accept(sent);
  await first.forceFlush();
  second[INTERNALS].accept(sent);
  second[INTERNALS].accept(sent.slice(5, 9));
  await second.forceFlush();
  assert.deepEqual(await second[INTERNALS].deliver(sent.slice(0, 3)), [
    'stored',
    'stored',
    'stored',
  ]);
  expectSameIds(await harness.stored(sent), sent);
  expectLedger(second.ledger(), { accepted: 37, stored: 37, pending: 0 });
}

export async function partialRejection(
  { harness, make }: ExporterSuite,
  bad: BadReport,
): Promise<void> {
  const exporter = await make();
  const good = plainReports(6);
  const spoilt = plainReports(2).map((report) => bad.spoil(report));
  // The first ones settle what types the store takes names for.
  exporter[INTERNALS].accept(good.slice(0, 2));
  await exporter.forceFlush();
  exporter[INTERNALS].accept([good[2]!, spoilt[0]!, good[3]!, good[4]!, spoilt[1]!, good[5]!]);
  await exporter.forceFlush();
  expectSameIds(await harness.stored([...good, ...spoilt]), good);
  const ledger = exporter.ledger();
  expectLedger(ledger, { accepted: 8, stored: 6, pending: 0 });
  assert.equal(rejectedIn(ledger), 2);
}

export async function wholeRejection(
  { harness, make }: ExporterSuite,
  bad: BadReport,
): Promise<void> {
  const exporter = await make();
  const [first, last] = plainReports(2);
  const spoilt = plainReports(5).map((report) => bad.spoil(report));
  exporter[INTERNALS].accept([first!]);
  await exporter.forceFlush();
  exporter[INTERNALS].accept(spoilt);
  await exporter.forceFlush();
  exporter[INTERNALS].accept([last!]);
  await exporter.forceFlush();
  expectSameIds(await harness.stored([first!, ...spoilt, last!]), [first!, last!]);
  expectLedger(exporter.ledger(), { accepted: 7, stored: 2, pending: 0 });
}

/** The flush's deadline passes, and nothing is lost by that. */
async function expectPending(exporter: ReportExporter, pending: number): Promise<void> {
  await expectDeadline(exporter.forceFlush({ timeout: 300 }));
  expectBalanced(exporter.ledger());
  expectLedger(exporter.ledger(), { pending });
}

export async function downAndUp({ harness, make }: ExporterSuite): Promise<void> {
  const exporter = await make({ batchSize: 10, writeTimeout: 5_000 });
  const sent = plainReports(35);
  exporter[INTERNALS].accept(sent.slice(0, 10));
  await exporter.forceFlush();
  await harness.down!();
  exporter[INTERNALS].accept(sent.slice(10));
  await expectPending(exporter, 25);
  await harness.up!();
  await exporter.forceFlush();
  expectSameIds(await harness.stored(sent), sent);
  expectLedger(exporter.ledger(), { accepted: 35, stored: 35, pending: 0 });
}

export async function silent({ harness, make }: ExporterSuite): Promise<void> {
  const exporter = await make({ batchSize: 10, writeTimeout: 200 });
  const sent = plainReports(25);
  await harness.silent!();
  exporter[INTERNALS].accept(sent);
  await expectPending(exporter, 25);
  await harness.up!();
  // A server that was frozen may answer its first requests slower than this case's deadline for a
  // write; they are repeated.
  await exporter.forceFlush();
  expectSameIds(await harness.stored(sent), sent);
  expectLedger(exporter.ledger(), { accepted: 25, stored: 25, pending: 0 });
}

export async function fullOutbox({ harness, make }: ExporterSuite): Promise<void> {
  const exporter = await make({ batchSize: 5, writeTimeout: 5_000, outbox: { maxBytes: 20_000 } });
  await harness.down!();
  const sent = plainReports(300);
  for (let i = 0; i < sent.length; i += 30) {
    exporter[INTERNALS].accept(sent.slice(i, i + 30));
    expectBalanced(exporter.ledger());
  }
  const { accepted, pending, dropped } = exporter.ledger();
  assert.equal(accepted, 300);
  assert.ok(pending > 0 && pending < 300, `${pending} of 300 reports are pending`);
  assert.deepEqual(dropped, { 'outbox full': 300 - pending });
  await harness.up!();
  await exporter.forceFlush();
  const found = await harness.stored(sent);
  assert.equal(found.length, pending);
  // The newest are all there; of the rest only what was being written when room was made.
  const newest = new Set(idsOf(sent.slice(-(pending - 5))));
  assert.equal(found.filter(({ id }) => newest.has(id)).length, newest.size);
}

export async function closeAtTheDeadline({ harness, make }: ExporterSuite): Promise<void> {
  const exporter = await make({ batchSize: 10, writeTimeout: 20_000 });
  await harness.silent!();
  const sent = plainReports(15);
  exporter[INTERNALS].accept(sent);
  await exporter.shutdown({ timeout: 500 });
  await exporter.shutdown();
  expectLedger(exporter.ledger(), {
    accepted: 15,
    stored: 0,
    pending: 0,
    dropped: { 'deadline at close': 15 },
  });
  const results: { code: number }[] = [];
  exporter.export([], (result) => results.push(result));
  assert.deepEqual(
    results.map(({ code }) => code),
    [1],
  );
}

export async function hostileValues({ harness, make }: ExporterSuite): Promise<void> {
  const exporter = await make();
  const sent = hostileReports();
  const [before, after] = plainReports(2);
  exporter[INTERNALS].accept([before!, ...sent, after!]);
  await exporter.forceFlush();
  const ledger = exporter.ledger();
  expectLedger(ledger, { accepted: sent.length + 2, pending: 0 });
  const found = await harness.stored([before!, ...sent, after!]);
  assert.equal(found.length, ledger.stored);
  const ids = new Set(idsOf(found));
  assert.ok(ids.has(before!.id) && ids.has(after!.id), 'the plain neighbours are not stored');
}

export async function opentelemetry({ harness, make }: ExporterSuite): Promise<void> {
  const exporter = await make();
  await metricsAndLogs(exporter);
  const ledger = exporter.ledger();
  expectLedger(ledger, { accepted: 6, stored: 6, pending: 0 });
  const found = await harness.stored([]);
  // A store that knows its reports only by what was sent cannot list these.
  if (found.length > 0) {
    assert.deepEqual(found.map(({ name, metric }) => `${metric} ${name}`).sort(), [
      'counter conformance.requests',
      'counter conformance.users',
      'event conformance.deployed',
      'event conformance.scope',
      'gauge conformance.heat',
      'timing conformance.duration',
    ]);
  }
}
