import { Queue } from 'bullmq';
import { expect } from 'chai';
import { Redis } from 'ioredis';
import { INTERNALS } from '../../exporters/delivery/internals.js';
import { Worker } from '../../exporters/queues/index.js';
import { InMemoryExporter } from '../../src/testing/in-memory-exporter.js';
import { someReports } from '../conformance/suites/queue.js';
import { startProxy, type TcpProxy } from '../support/servers/proxy.js';
import { QUEUES } from '../support/servers/queues.js';
import { requireServer, type Server } from '../support/servers/server.js';

const COUNT = 200;
/** More than a broker answers to anything but a take. */
const LARGE_BYTES = 12_000;

describe('A worker that runs once and loses the answer to a take', function () {
  this.timeout(120_000);
  let server: Server;
  let proxy: TcpProxy;

  async function expectAllStored(name: string, ids: readonly string[]): Promise<void> {
    const backend = new InMemoryExporter();
    const worker = new Worker({ queue: QUEUES[name]![1](proxy.url), backend });
    proxy.loseAnswerOf(LARGE_BYTES);
    await worker.run({ once: true });
    await worker.close();
    expect(backend.reports.map(({ id }) => id)).to.have.members(ids);
  }

  for (const [name, [start, make]] of Object.entries(QUEUES)) {
    describe(`from ${name}`, () => {
      before(async function () {
        server = await requireServer(this, start, { own: true });
        proxy = await startProxy(server.url);
      });
      after(async () => {
        await proxy?.close();
        await server?.stop();
      });

      it('stores everything that waits, each report once', async () => {
        const producer = make(server.url);
        const reports = someReports(COUNT);
        producer[INTERNALS].accept(reports);
        await producer.shutdown({ timeout: 20_000 });
        await expectAllStored(
          name,
          reports.map(({ id }) => id),
        );
      });

      if (name !== 'BullMQ') return;
      it("stores what BullMQ's own scripts take", async () => {
        const connection = new Redis(server.url, { maxRetriesPerRequest: null });
        const queue = new Queue('kaneda', { connection });
        const reports = someReports(3).map((report) => ({
          ...report,
          value: 'x'.repeat(LARGE_BYTES),
        }));
        for (const report of reports)
          await queue.add('report', JSON.parse(JSON.stringify(report)), {
            priority: 1,
            jobId: report.id,
          });
        await queue.close();
        connection.disconnect();
        await expectAllStored(
          name,
          reports.map(({ id }) => id),
        );
      });
    });
  }
});
