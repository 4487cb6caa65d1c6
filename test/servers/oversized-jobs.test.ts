import { expect } from 'chai';
import { Redis } from 'ioredis';
import { INTERNALS } from '../../exporters/delivery/internals.js';
import { Worker } from '../../exporters/queues/index.js';
import { plainReports } from '../conformance/suites/exporter.js';
import { ScriptedExporter } from '../support/scripted-exporter.js';
import { QUEUES } from '../support/servers/queues.js';
import { RabbitProcess } from '../support/servers/rabbitmq.js';
import { requireServer, type Server } from '../support/servers/server.js';

const MIB = 1_048_576;
const OPTIONS = { queueName: 'large', textLimit: 8 * MIB };

/** Has the server take at most 1 MiB of a job. */
async function limit(server: Server): Promise<void> {
  if (server instanceof RabbitProcess) {
    server.control('eval', 'application:set_env(rabbit, max_message_size, 1048576).');
    return;
  }
  const redis = new Redis(server.url);
  await redis.config('SET', 'proto-max-bulk-len', '1mb');
  redis.disconnect();
}

describe('A job that is too large for its broker', function () {
  this.timeout(180_000);
  let server: Server;
  afterEach(() => server?.stop());

  for (const [name, [start, make]] of Object.entries(QUEUES)) {
    it(`is refused alone by ${name}, counted, with the reason; the others are enqueued`, async function () {
      server = await requireServer(this, start, { own: true });
      await limit(server);
      const reports = plainReports(11);
      const huge = { ...reports[5]!, metric: 'event', value: 'x'.repeat(3 * MIB) };
      const producer = make(server.url, OPTIONS);
      producer[INTERNALS].accept([...reports.slice(0, 5), huge, ...reports.slice(6)]);
      await producer.shutdown({ timeout: 30_000 });
      const { rejected, stored, pending } = producer.ledger();
      expect({ stored, pending }).to.deep.equal({ stored: 10, pending: 0 });
      expect(Object.values(rejected)).to.deep.equal([1]);
      expect(Object.keys(rejected)[0]).to.match(/proto-max-bulk-len|max_message_size/);

      const backend = new ScriptedExporter();
      const worker = new Worker({ queue: make(server.url, OPTIONS), backend });
      await worker.run({ once: true });
      await worker.close();
      expect([...backend.store.reports.keys()]).to.have.members(
        reports.map(({ id }) => id).filter((id) => id !== huge.id),
      );
    });
  }
});
