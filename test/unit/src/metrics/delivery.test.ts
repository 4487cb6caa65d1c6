import { expect } from 'chai';
import { HeapCells } from '../../../../bridges/cells/heap-cells.js';
import { DeadlineError, Metrics } from '../../../../src/index.js';
import { diagDuring, MemoryStore } from './support.js';

const rejection = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );

describe('Metrics: flush, close, ledger', () => {
  let store: MemoryStore;
  let metrics: Metrics;
  beforeEach(() => {
    store = new MemoryStore();
    metrics = new Metrics({ backend: store });
  });
  afterEach(() => metrics.close({ timeout: 0 }));

  it('flushes numbers and events together, and several times at once', async () => {
    metrics.increment('views');
    metrics.event('deploy', 'now');
    await Promise.all([metrics.flush(), metrics.flush(), metrics.flush()]);
    expect(store.reports.map(({ name }) => name).sort()).to.deep.equal(['deploy', 'views']);
    expect(metrics.ledger()).to.deep.equal({
      accepted: 2,
      stored: 2,
      pending: 0,
      rejected: {},
      dropped: {},
      refused: {},
    });
  });

  it('flushes when there is nothing to flush', async () => {
    await metrics.flush();
    await metrics.close();
    await metrics.flush();
    expect(store.reports).to.deep.equal([]);
  });

  it('rejects a flush at its deadline and keeps what it could not store', async () => {
    store.down = true;
    metrics.increment('views', {}, 3);
    const error = await rejection(metrics.flush({ timeout: 300 }));
    expect(error).to.be.instanceOf(DeadlineError);
    expect((error as DeadlineError).code).to.equal('KANEDA_DEADLINE');
    expect(metrics.ledger()).to.include({ accepted: 1, pending: 1 });
    store.down = false;
    await metrics.flush();
    expect(store.of('views')).to.deep.equal([3]);
    expect(metrics.ledger()).to.include({ accepted: 1, stored: 1, pending: 0 });
  });

  it('closes within its deadline, never rejects, and counts what it gave up', async () => {
    store.silent = true;
    metrics.increment('views');
    metrics.event('deploy', 'now');
    await metrics.close({ timeout: 300 });
    const { accepted, stored, pending, dropped } = metrics.ledger();
    expect([accepted, stored, pending, Object.values(dropped)]).to.deep.equal([2, 0, 0, [2]]);
  });

  it('flushes at close what is still in the cells, once', async () => {
    metrics.gauge('size', 1);
    await Promise.all([metrics.close(), metrics.close()]);
    await metrics.close();
    expect(store.of('size')).to.deep.equal([1]);
    expect(store.disconnected).to.equal(1);
  });

  it('refuses calls after close, with one warning', async () => {
    metrics.increment('views');
    await metrics.close();
    const said = await diagDuring(() => {
      metrics.increment('views');
      metrics.gauge('size', 1);
      metrics.event('deploy', 'now');
      metrics.custom('sale', { metric: 'order', value: 1 });
      metrics.timing('load', 1);
      metrics.timed('call')(() => 1)();
      metrics.remove('views');
    });
    expect(said).to.have.length(1);
    expect(metrics.ledger()).to.deep.include({ accepted: 1, refused: { closed: 6 } });
  });

  it('is closed at the end of an await using block', async () => {
    store = new MemoryStore();
    {
      await using scoped = new Metrics({ backend: store });
      scoped.increment('views');
    }
    expect([store.of('views'), store.disconnected]).to.deep.equal([[1], 1]);
  });

  it('writes to several stores the same reports, and the sum is the ledger', async () => {
    const second = new MemoryStore();
    const both = new Metrics({ backend: [store, second, store] });
    both.increment('views', { page: '/' });
    both.event('deploy', 'now');
    await both.flush();
    expect(second.reports.map(({ id }) => id)).to.deep.equal(store.reports.map(({ id }) => id));
    expect(both.ledger()).to.include({ accepted: 4, stored: 4 });
    await both.close();
  });

  it('stores what it can when one of several stores is down', async () => {
    const second = new MemoryStore();
    second.down = true;
    const both = new Metrics({ backend: [second, store] });
    both.increment('views');
    expect(await rejection(both.flush({ timeout: 500 }))).to.be.instanceOf(DeadlineError);
    expect(store.of('views')).to.deep.equal([1]);
    await both.close({ timeout: 20 });
  });

  it('disconnects a shared store when the last Metrics that uses it closes', async () => {
    const second = new Metrics({ backend: store });
    metrics.increment('views');
    second.increment('views', {}, 2);
    await metrics.close();
    expect([store.disconnected, store.of('views')]).to.deep.equal([0, [1]]);
    second.increment('views');
    await second.close();
    expect([store.disconnected, store.of('views')]).to.deep.equal([1, [1, 3]]);
  });

  it('exports by itself at every interval', async () => {
    const often = new Metrics({ backend: store, exportInterval: 5 });
    often.increment('views');
    while (store.reports.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(store.of('views')).to.deep.equal([1]);
    await often.close();
  });

  it('records into cells that were given, also what was in them before', async () => {
    const cells = new HeapCells();
    cells.family('sum', 'views').add(undefined, 5);
    const given = new Metrics({ backend: store, cells });
    given.increment('views');
    await given.close();
    expect(store.of('views')).to.deep.equal([6]);
  });

  it('takes timeouts that are none for the default', async () => {
    metrics.increment('views');
    for (const timeout of [Number.NaN, -1, '5', null])
      await metrics.flush({ timeout: timeout as number });
    await metrics.flush({ timeout: Number.POSITIVE_INFINITY });
    expect(store.of('views')).to.deep.equal([1]);
  });
});
