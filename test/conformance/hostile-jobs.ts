import { expect } from 'chai';
import { type ReportQueue, Worker } from '../../exporters/queues/index.js';
import { MemoryStore, someReports } from './queue.js';

/** A queue that anybody may write to. */
export interface HostileUnderTest {
  queue(): ReportQueue;
  /** Enqueues these as they are, in their order. */
  put(jobs: readonly Buffer[]): Promise<void>;
  dead(): Promise<{ reason: string; job: Buffer }[]>;
  clear(): Promise<void>;
}

/** Each hostile job is refused with its reason and kept, and the report behind it is stored. */
export function hostileConformance(context: () => HostileUnderTest, jobs: Record<string, () => Buffer>): void {
  beforeEach(() => context().clear());

  it('refuses every hostile job by itself, keeps it with the reason, and handles the one behind it', async () => {
    const all = Object.entries(jobs).map(([name, make]) => ({ name, job: make() }));
    await context().put(all.map(({ job }) => job));
    const queue = context().queue();
    const sent = someReports(2);
    queue.accept(sent);
    await queue.forceFlush({ timeout: 20_000 });
    const backend = new MemoryStore();
    const worker = new Worker({ queue, backend, concurrency: 2, batchSize: 10 });
    await worker.run({ once: true });
    await worker.close();
    expect([...backend.reports.keys()].sort()).to.deep.equal(sent.map(({ id }) => id).sort());
    const refused = Object.values(worker.ledger().refused).reduce((sum, count) => sum + count, 0);
    expect(refused).to.equal(all.length);
    const dead = await context().dead();
    expect(dead).to.have.length(all.length);
    for (const { name, job } of all) {
      const found = dead.find((letter) => letter.job.equals(job));
      expect(found?.reason, name).to.be.a('string').and.not.equal('');
    }
  }).timeout(180_000);
}
