import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { INTERNALS } from '../../../exporters/delivery/internals.js';
import type { Report } from '../../../exporters/index.js';
import { type ReportQueue, Worker } from '../../../exporters/queues/index.js';
import { InMemoryExporter } from '../../../src/testing/in-memory-exporter.js';
import type { Python, PythonWorker } from '../../support/servers/python.js';
import { someReports } from './queue.js';

/** A queue with Python on the other side. */
export interface PeerUnderTest {
  python: Python;
  /** What Python's `Metrics` is given as its queue. */
  expression: string;
  queue(): ReportQueue;
  worker(): Promise<PythonWorker>;
}

/** The calls of Python's Kaneda, and what they mean. */
const CALLS: readonly [call: string, report: Partial<Report>][] = [
  ["gauge('g', 1.5, ['b', 'a'])", { name: 'g', metric: 'gauge', value: 1.5, tags: ['a', 'b'] }],
  ["gauge('g', 2**60)", { name: 'g', metric: 'gauge', value: 2n ** 60n }],
  [
    "increment('i', tags={'k': 'ü😀', 'n': 1})",
    { name: 'i', metric: 'counter', value: 1, tags: { k: 'ü😀', n: 1 } },
  ],
  ["decrement('i')", { name: 'i', metric: 'counter', value: -1 }],
  ["timing('t', 2.0)", { name: 't', metric: 'timing', value: 2 }],
  ["event('e', 'it\\'s \\'quoted\\'')", { name: 'e', metric: 'event', value: "it's 'quoted'" }],
  [
    "custom('c', 'order', {'a': {'b': [1, 2.5, None, True]}}, id_='order-7')",
    { id: 'order-7', name: 'c', metric: 'order', fields: { a: { b: [1, 2.5, null, true] } } },
  ],
];

/** Both directions between Python's Kaneda and ours. */
export function pythonConformance(context: () => PeerUnderTest): void {
  it("has its jobs run by Python's worker, and stored with the report's id", async () => {
    const { queue: make, worker: start } = context();
    const worker = await start();
    const queue = make();
    try {
      const sent = someReports(15).map((report) => ({ ...report }));
      queue[INTERNALS].accept(sent);
      await queue.forceFlush({ timeout: 20_000 });
      for (
        const end = Date.now() + 60_000;
        (await worker.reports()).length < sent.length && Date.now() < end;
      )
        await sleep(100);
      const byId = new Map((await worker.reports()).map((report) => [report.id_, report]));
      for (const { id, name, metric, value, fields, tags } of sent) {
        // JSON reads a number of 2^70 as the nearest one.
        const plain = typeof value === 'bigint' ? Number(value) : value;
        const expected = fields === undefined ? plain : { ...fields, value };
        expect(byId.get(id)).to.deep.equal({
          name,
          metric,
          value: expected,
          tags: tags ?? null,
          id_: id,
        });
      }
    } finally {
      await queue.shutdown();
      await worker.stop();
    }
  }).timeout(120_000);

  it("runs what Python's Kaneda enqueues, beside our own", async () => {
    const { python, expression, queue: make } = context();
    const source = `
from kaneda import Metrics
from kaneda.queues import RQQueue, CeleryQueue
metrics = Metrics(queue=${expression})
${CALLS.map(([call]) => `metrics.${call}`).join('\n')}
`;
    const began = Date.now();
    await python.run(source);
    const queue = make();
    const [own] = someReports(1);
    queue[INTERNALS].accept([own!]);
    await queue.forceFlush({ timeout: 20_000 });
    const backend = new InMemoryExporter();
    const worker = new Worker({ queue, backend });
    await worker.run({ once: true });
    await worker.close();
    expect(worker.ledger()).to.deep.include({
      stored: CALLS.length + 1,
      rejected: {},
      refused: {},
    });
    const stored = backend.reports;
    expect(stored).to.deep.include(own);
    for (const [, wanted] of CALLS) {
      const match = stored.find(
        ({ name, metric, value }) =>
          name === wanted.name && metric === wanted.metric && value === wanted.value,
      );
      expect(match, JSON.stringify(wanted.name)).to.deep.include(wanted);
      expect(match?.timestamp.getTime()).to.be.within(began - 1_000, Date.now() + 1_000);
    }
  }).timeout(120_000);
}
