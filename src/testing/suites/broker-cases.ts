import assert from 'node:assert/strict';
import { INTERNALS } from '../../../exporters/delivery/internals.js';
import { sizeOf } from '../../../exporters/reports/estimated-size.js';
import { sleep } from '../../../exporters/timing/sleep.js';
import { InMemoryExporter } from '../in-memory-exporter.js';
import { droppedIn, expectBalanced, expectDeadline, expectLedger } from './expectations.js';
import type { BrokerControl } from './queue-harness.js';
import { acknowledge, type QueueSuite, until } from './queue-suite.js';
import { someReports } from './reports.js';

/** Cases of a queue whose broker goes away. */

const serverOf = ({ harness }: QueueSuite): BrokerControl => harness.server!;

export async function keepsReportsMeanwhile(suite: QueueSuite): Promise<void> {
  const queue = suite.queue();
  queue[INTERNALS].accept(someReports(10));
  await queue.forceFlush({ timeout: 10_000 });
  await serverOf(suite).kill();
  const sent = someReports(500);
  queue[INTERNALS].accept(sent);
  await expectDeadline(queue.forceFlush({ timeout: 300 }));
  expectLedger(queue.ledger(), { stored: 10, pending: 500, rejected: {}, dropped: {} });
  await serverOf(suite).start();
  await queue.forceFlush({ timeout: 30_000 });
  expectLedger(queue.ledger(), { stored: 510, pending: 0, rejected: {}, dropped: {} });
  await acknowledge(await suite.takeThese(suite.queue(), sent));
}

export async function survivesSilence(suite: QueueSuite): Promise<void> {
  const queue = suite.queue({ writeTimeout: 1_000, outbox: { maxBytes: 500_000 } });
  queue[INTERNALS].accept(someReports(1));
  await queue.forceFlush({ timeout: 10_000 });
  serverOf(suite).pause();
  try {
    for (let i = 0; i < 25; i++) {
      queue[INTERNALS].accept(someReports(200));
      await sleep(100);
    }
    assert.ok(queue.ledger().dropped['outbox full']! > 0, 'nothing was dropped');
    expectBalanced(queue.ledger());
  } finally {
    serverOf(suite).resume();
  }
  await queue.forceFlush({ timeout: 30_000 });
  assert.equal(queue.ledger().pending, 0);
  const backend = new InMemoryExporter();
  await suite.worker(backend).run({ once: true });
  assert.equal(backend.reports.length, queue.ledger().stored);
}

const MAX_BYTES = 100_000;

/** @param how the broker goes away. */
export async function holdsNoMoreThanItsOutbox(
  suite: QueueSuite,
  how: 'killed' | 'frozen',
): Promise<void> {
  // What is being written makes no room: a batch must be far smaller than the outbox.
  const queue = suite.queue({
    writeTimeout: 1_000,
    outbox: { maxBytes: MAX_BYTES },
    batchSize: 50,
  });
  queue[INTERNALS].accept(someReports(1));
  await queue.forceFlush({ timeout: 10_000 });
  const first = suite.worker();
  await first.run({ once: true });
  await first.close();
  const sent = someReports(1_000);
  await whileAway(serverOf(suite), how, async () => {
    const size = Math.min(...sent.map(sizeOf));
    for (let from = 0; from < sent.length; from += 100) {
      queue[INTERNALS].accept(sent.slice(from, from + 100));
      await sleep(0);
      const { pending } = queue.ledger();
      assert.ok(pending * size <= MAX_BYTES, `${pending} reports are pending`);
    }
    await queue.forceFlush({ timeout: 1_500 }).catch(() => {});
  });
  await queue.forceFlush({ timeout: 30_000 });
  const ledger = queue.ledger();
  expectLedger(ledger, { accepted: 1_001, pending: 0, rejected: {} });
  assert.deepEqual(ledger.dropped, { 'outbox full': 1_001 - ledger.stored });
  assert.equal(droppedIn(ledger), 1_001 - ledger.stored);
  const backend = new InMemoryExporter();
  await suite.worker(backend).run({ once: true });
  const stored = new Map(backend.reports.map((report) => [report.id, report]));
  // The first one may come again: a broker that was killed may have forgotten that it was
  // acknowledged.
  assert.equal(sent.filter(({ id }) => stored.has(id)).length, ledger.stored - 1);
  // The oldest made room.
  assert.deepEqual(stored.get(sent.at(-1)!.id), sent.at(-1));
}

async function whileAway(
  server: BrokerControl,
  how: 'killed' | 'frozen',
  work: () => Promise<void>,
): Promise<void> {
  if (how === 'killed') await server.kill();
  else server.pause();
  try {
    await work();
  } finally {
    server.resume();
    await server.start();
  }
}

export async function waitsForTheBroker(suite: QueueSuite): Promise<void> {
  const backend = new InMemoryExporter();
  const worker = suite.worker(backend);
  const run = worker.run();
  await suite.enqueue(someReports(10));
  await until(() => backend.reports.length === 10, 'the first reports are stored');
  await serverOf(suite).kill();
  await until(() => worker.fault !== undefined, 'the worker notices that the broker is away');
  await serverOf(suite).start();
  await until(() => worker.fault === undefined, 'the worker notices that the broker is back');
  await suite.enqueue(someReports(10));
  await until(() => backend.reports.length === 20, 'all reports are stored');
  await worker.close();
  await run;
}

export async function namesWrongCredentials(suite: QueueSuite): Promise<void> {
  const queue = suite.closing(suite.harness.locked!());
  queue[INTERNALS].accept(someReports(2));
  const failure = await expectDeadline(queue.forceFlush({ timeout: 3_000 }));
  const cause = failure.cause as Error & { code?: unknown };
  assert.equal(cause?.code, 'KANEDA_IMPROPERLY_CONFIGURED');
  expectLedger(queue.ledger(), { pending: 2, rejected: {} });
  const shown = [failure, cause].map(({ message, stack }) => `${message} ${stack}`).join();
  assert.ok(!shown.includes('wrong-secret'), 'the password is shown');
}
