import { expect } from 'chai';
import { poll } from '../../../../exporters/queues/consuming/batch-and-poll.js';
import { type Delivery, ReportQueue, Worker } from '../../../../exporters/queues/index.js';
import { InMemoryExporter } from '../../../../src/testing/in-memory-exporter.js';

/** Whose broker never answers, not even when it is asked to stop. */
class HangingQueue extends ReportQueue {
  protected override async write(): Promise<never> {
    throw new Error('nobody there');
  }
  override take(): Promise<readonly Delivery[]> {
    return new Promise(() => {});
  }
}

describe('A worker whose queue hangs', () => {
  it('ends with its close', async () => {
    const worker = new Worker({ queue: new HangingQueue(), backend: new InMemoryExporter() });
    const running = worker.run();
    await worker.close({ timeout: 50 });
    await running;
    expect(worker.ledger()).to.include({ accepted: 0, pending: 0 });
  });

  it('is not told that a queue is drained which could not be looked into in time', async () => {
    const looks: string[] = [];
    const fetch = async (): Promise<undefined> => void looks.push('a look');
    const error = await poll(
      { signal: AbortSignal.abort(new Error('too late')), wait: false },
      fetch,
    ).catch((thrown) => thrown);
    expect(error).to.have.property('message', 'too late');
    expect(looks).to.deep.equal([]);
    const { signal } = new AbortController();
    expect(await poll({ signal, wait: false }, fetch)).to.deep.equal([]);
    expect(looks).to.deep.equal(['a look']);
  });
});
