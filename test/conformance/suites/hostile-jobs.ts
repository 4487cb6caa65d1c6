import { expect } from 'chai';
import { INTERNALS } from '../../../exporters/delivery/internals.js';
import { type ReportQueue, Worker } from '../../../exporters/queues/index.js';
import { InMemoryExporter } from '../../../src/testing/in-memory-exporter.js';
import type { Bad } from './bad-jobs.js';
import { someReports } from './queue.js';

/** A dead letter. */
export interface Letter<Job> {
  reason: string;
  /** Whether this is that job, kept whole. */
  keeps(job: Job): boolean;
}

/** A queue that anybody may write to. */
export interface HostileUnderTest<Job> {
  queue(): ReportQueue;
  /** Enqueues it as it is. */
  put(job: Job): Promise<void>;
  dead(): Promise<Letter<Job>[]>;
  clear(): Promise<void>;
}

/** Whether a hash in Redis still has all of these fields as they were. */
export function hasFields(
  hash: Readonly<Record<string, Buffer>>,
  fields: Readonly<Record<string, Buffer | string>>,
): boolean {
  return Object.entries(fields).every(([name, value]) =>
    hash[name]?.equals(Buffer.from(value as string)),
  );
}

/** Each hostile job is refused with its reason and kept, and the report behind it is stored. */
export function hostileConformance<Job>(context: () => HostileUnderTest<Job>, bad: Bad<Job>): void {
  beforeEach(() => context().clear());

  it('refuses every hostile job by itself, keeps it with the reason, and handles the one behind it', async () => {
    const jobs = Object.entries(bad).map(([name, make]) => ({ name, job: make() }));
    const queue = context().queue();
    const sent = someReports(jobs.length);
    for (const [i, { job }] of jobs.entries()) {
      await context().put(job);
      queue[INTERNALS].accept([sent[i]!]);
      await queue.forceFlush({ timeout: 20_000 });
    }
    const backend = new InMemoryExporter();
    const worker = new Worker({ queue, backend, concurrency: 2, batchSize: 10 });
    await worker.run({ once: true });
    await worker.close();
    expect(backend.reports.map(({ id }) => id).sort()).to.deep.equal(
      sent.map(({ id }) => id).sort(),
    );
    const refused = Object.values(worker.ledger().refused).reduce((sum, count) => sum + count, 0);
    expect(refused).to.equal(jobs.length);
    const letters = await context().dead();
    expect(letters).to.have.length(jobs.length);
    for (const { name, job } of jobs) {
      const letter = letters.find((one) => one.keeps(job));
      expect(letter?.reason, name).to.be.a('string').and.not.equal('');
    }
    expect({}).not.to.have.property('polluted');
  }).timeout(180_000);
}
