import { expect } from 'chai';
import { poll } from '../../../../exporters/queues/consuming/poll.js';
import {
  type Delivery,
  ReportQueue,
  type TakeContext,
  Worker,
} from '../../../../exporters/queues/index.js';
import { InMemoryExporter } from '../../../../src/testing/in-memory-exporter.js';
import { until } from '../../../../src/testing/suites/queue-suite.js';

/** Whose broker never answers, not even when it is asked to stop. */
class HangingQueue extends ReportQueue {
  protected override async write(): Promise<never> {
    throw new Error('nobody there');
  }
  override take(): Promise<readonly Delivery[]> {
    return new Promise(() => {});
  }
}

/** An empty queue whose broker may be away. */
class EmptyQueue extends ReportQueue {
  isAway = true;
  protected override async write(): Promise<void> {}
  override async take({ signal, wait = true }: TakeContext): Promise<readonly Delivery[]> {
    if (this.isAway) throw new Error('the broker is away');
    if (wait && !signal.aborted)
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    return [];
  }
}

describe('A worker whose broker was away', () => {
  it('is well again as soon as the broker is, also while the queue is empty', async () => {
    const told: string[] = [];
    const onProblem = ({ code }: { code: string }) => void told.push(code);
    const queue = new EmptyQueue();
    const worker = new Worker({ queue, backend: new InMemoryExporter(), onProblem });
    const running = worker.run();
    await until(() => worker.fault !== undefined, 'the worker notices the outage');
    expect(worker.fault!.message).to.equal('the broker is away');
    queue.isAway = false;
    await until(() => worker.fault === undefined, 'the worker notices the end of the outage');
    expect(told).to.deep.equal(['KANEDA_OUTAGE', 'KANEDA_RECOVERED']);
    await worker.close();
    await running;
  });
});

describe('A worker whose queue hangs', () => {
  it('ends with its close', async () => {
    const worker = new Worker({ queue: new HangingQueue(), backend: new InMemoryExporter() });
    const running = worker.run();
    await worker.close({ timeout: 50 });
    await running;
    expect(worker.ledger()).to.include({ accepted: 0, pending: 0 });
  });

  it('refuses faulty options of run() before it takes anything', async () => {
    const worker = new Worker({ queue: new HangingQueue(), backend: new InMemoryExporter() });
    const failure = (options: unknown): Promise<Error> =>
      worker.run(options as never).then(
        () => expect.fail('it ran'),
        (error: Error) => error,
      );
    expect((await failure({ onec: true })).message).to.equal(
      'Worker.run: onec: unknown; did you mean once?',
    );
    expect((await failure({ once: 1 })).message).to.include('once: must be true or false');
    for (const options of [null, true])
      expect(await failure(options)).to.have.property('code', 'KANEDA_SETTINGS');
    await worker.close();
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
