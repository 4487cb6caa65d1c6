import assert from 'node:assert/strict';
import { INTERNALS } from '../../../exporters/delivery/internals.js';
import { monotonic } from '../../../exporters/timing/real-timers.js';
import { InMemoryExporter } from '../in-memory-exporter.js';
import { expectLedger, expectSameIds } from './expectations.js';
import { acknowledge, byId, type QueueSuite, until } from './queue-suite.js';
import { someReports } from './reports.js';

/** Cases of a queue while broker and store work. */

const CLOSE_TIMEOUT_MS = 2_000;
/** Milliseconds that a busy machine may add to a deadline: less than a client's own limits. */
const OVERRUN_MS = 3_000;

export async function bringsReportsWhole(suite: QueueSuite): Promise<void> {
  const sent = someReports(250);
  await suite.enqueue(sent);
  const taken = await suite.takeAll(suite.queue(), sent.length);
  assert.deepEqual(byId(taken.map(({ report }) => report)), byId(sent));
  await acknowledge(taken);
  assert.equal(await suite.harness.waiting(), 0);
}

export async function leavesNothingBehind(suite: QueueSuite): Promise<void> {
  await suite.enqueue(someReports(50));
  const backend = new InMemoryExporter();
  const worker = suite.worker(backend);
  await worker.run({ once: true });
  await worker.close();
  assert.equal(backend.reports.length, 50);
  assert.deepEqual(await suite.harness.leftovers!(), []);
}

export async function deliversAgain(suite: QueueSuite): Promise<void> {
  const sent = someReports(1);
  await suite.enqueue(sent);
  const queue = suite.queue();
  const [first] = await suite.takeAll(queue, 1);
  await first!.retry('not now');
  const again = await suite.takeAll(queue, 1);
  assert.deepEqual(
    again.map(({ report }) => report),
    sent,
  );
  await acknowledge(again);
  await suite.untilWaiting(0);
}

export async function givesBackWhatItHeld(suite: QueueSuite): Promise<void> {
  await suite.enqueue(someReports(20));
  const queue = suite.queue();
  await suite.takeAll(queue, 20);
  await queue.shutdown();
  assert.equal((await suite.takeAll(suite.queue(), 20)).length, 20);
}

export async function keepsDeadLetters(suite: QueueSuite): Promise<void> {
  const reason = 'mapping conflict on field "x"';
  const sent = someReports(30);
  await suite.enqueue(sent);
  const backend = new InMemoryExporter();
  backend.refuses = ({ id }) => (id === sent[3]!.id ? reason : undefined);
  const worker = suite.worker(backend);
  await worker.run({ once: true });
  assert.equal(backend.reports.length, 29);
  assert.deepEqual(await suite.harness.dead(), [reason]);
  expectLedger(worker.ledger(), {
    accepted: 30,
    stored: 29,
    pending: 0,
    rejected: { [reason]: 1 },
  });
}

export async function refusesWhatIsNoReport(suite: QueueSuite): Promise<void> {
  await suite.harness.poison!();
  await suite.enqueue(someReports(3));
  const backend = new InMemoryExporter();
  const worker = suite.worker(backend);
  await worker.run({ once: true });
  assert.equal(backend.reports.length, 3);
  const [reason, ...more] = await suite.harness.dead();
  assert.deepEqual(more, []);
  assert.equal(typeof reason, 'string');
  assert.notEqual(reason, '');
  expectLedger(worker.ledger(), { accepted: 3, stored: 3, refused: { [reason!]: 1 } });
}

export async function isShared(suite: QueueSuite): Promise<void> {
  const sent = someReports(2_000);
  await suite.enqueue(sent);
  const stores = [new InMemoryExporter(), new InMemoryExporter(), new InMemoryExporter()];
  const workers = stores.map((store) => suite.worker(store, { batchSize: 50, concurrency: 2 }));
  const runs = workers.map((worker) => worker.run());
  const stored = () => workers.reduce((sum, worker) => sum + worker.ledger().stored, 0);
  await until(() => stored() >= sent.length, 'the workers have stored all reports');
  await Promise.all(workers.map((worker) => worker.close()));
  await Promise.all(runs);
  expectSameIds(
    stores.flatMap((store) => store.reports),
    sent,
  );
  assert.equal(await suite.harness.waiting(), 0);
}

export async function waitsForTheStore(suite: QueueSuite): Promise<void> {
  const sent = someReports(20);
  await suite.enqueue(sent);
  const backend = new InMemoryExporter();
  backend.state = 'down';
  const worker = suite.worker(backend);
  const run = worker.run();
  await until(() => backend.writes >= 3 && worker.ledger().pending === 20, 'all are in hand');
  expectLedger(worker.ledger(), { stored: 0, accepted: 20, pending: 20 });
  assert.equal(worker.fault?.message, 'the store is down');
  backend.state = 'up';
  await until(() => worker.ledger().stored === 20, 'all are stored');
  await worker.close();
  await run;
  expectSameIds(backend.reports, sent);
  assert.equal(await suite.harness.waiting(), 0);
}

export async function endsWhileTheStoreIsSilent(suite: QueueSuite): Promise<void> {
  await suite.enqueue(someReports(20));
  const backend = new InMemoryExporter();
  backend.state = 'silent';
  const worker = suite.worker(backend);
  const run = worker.run();
  await until(() => worker.ledger().pending === 20, 'all are in hand');
  const begin = monotonic();
  await worker.close({ timeout: CLOSE_TIMEOUT_MS });
  const tookMs = monotonic() - begin;
  await run;
  assert.ok(tookMs < CLOSE_TIMEOUT_MS + OVERRUN_MS, `close() took ${Math.round(tookMs)} ms`);
  assert.equal(backend.reports.length, 0);
  await suite.untilWaiting(20);
}

export async function storesWhatIsInHand(suite: QueueSuite): Promise<void> {
  await suite.enqueue(someReports(20));
  const backend = new InMemoryExporter();
  backend.state = 'down';
  const worker = suite.worker(backend);
  const run = worker.run();
  await until(() => worker.ledger().pending === 20, 'all are in hand');
  backend.state = 'up';
  await worker.close({ timeout: 5_000 });
  await run;
  assert.equal(backend.reports.length, 20);
  assert.equal(await suite.harness.waiting(), 0);
}

export async function storesOnce(suite: QueueSuite): Promise<void> {
  const sent = someReports(10);
  await suite.enqueue(sent);
  await suite.enqueue(sent);
  const backend = new InMemoryExporter();
  await suite.worker(backend).run({ once: true });
  assert.equal(backend.reports.length, 10);
}

export async function leavesAConnectionOpen(suite: QueueSuite): Promise<void> {
  const { queue, alive, end } = await suite.harness.onConnection!();
  try {
    queue[INTERNALS].accept(someReports(5));
    await queue.forceFlush({ timeout: 10_000 });
    await acknowledge(await suite.takeAll(queue, 5));
    await queue.shutdown();
    assert.equal(await alive(), true);
  } finally {
    await end();
  }
  await suite.untilWaiting(0);
}
