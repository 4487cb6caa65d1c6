import { expect } from 'chai';
import { INTERNALS } from '../../exporters/delivery/internals.js';
import { Worker } from '../../exporters/queues/index.js';
import { plainReports } from '../conformance/suites/exporter.js';
import { ScriptedExporter } from '../support/scripted-exporter.js';
import { QUEUES } from '../support/servers/queues.js';
import { requireServer, type Server } from '../support/servers/server.js';
import { until } from '../support/until.js';

const OPTIONS = { queueName: 'stuck' };
const PATIENCE_MS = 60_000;

describe('A job that the store keeps failing', function () {
  this.timeout(180_000);
  let server: Server;
  afterEach(() => server?.stop());

  for (const [name, [start, make]] of Object.entries(QUEUES)) {
    it(`holds up no other in ${name}, and is stored when the store takes it`, async function () {
      server = await requireServer(this, start, { own: true });
      const reports = plainReports(60);
      const bad = new Set([reports[0]!.id, reports[33]!.id]);
      const producer = make(server.url, OPTIONS);
      producer[INTERNALS].accept(reports);
      await producer.shutdown({ timeout: 20_000 });
      expect(producer.ledger().stored).to.equal(60);

      const backend = new ScriptedExporter();
      const { store } = backend;
      store.answer = async (batch) => {
        if (batch.some(({ id }) => bad.has(id)))
          throw Object.assign(new Error('cannot process'), { status: 500 });
        return store.keep(batch);
      };
      const worker = new Worker({
        queue: make(server.url, OPTIONS),
        backend,
        concurrency: 2,
        batchSize: 10,
      });
      const running = worker.run();
      await until(() => store.reports.size === 58, PATIENCE_MS);
      await worker.close();
      await running;
      expect(store.reports.size).to.equal(58);

      const healthy = new ScriptedExporter();
      const next = new Worker({ queue: make(server.url, OPTIONS), backend: healthy });
      const ended = next.run();
      await until(() => healthy.store.reports.size === 2, PATIENCE_MS);
      await next.close();
      await ended;
      expect([...healthy.store.reports.keys()]).to.have.members([...bad]);
    });
  }
});
