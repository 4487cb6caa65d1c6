import { expect } from 'chai';
import { inSlices } from '../../../../exporters/timing/in-slices.js';
import { sleep } from '../../../../exporters/timing/sleep.js';
import { untilAborted } from '../../../../exporters/timing/until-aborted.js';
import { settlesWithin, withTimeout } from '../../../../exporters/timing/with-timeout.js';
import { settled, TestClock } from '../../../support/clock.js';

const never = new Promise<never>(() => {});
const faultOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );

describe('the tools for waiting', () => {
  it('sleep for a time that nobody shortens by setting the clock', async () => {
    const clock = new TestClock();
    let over = false;
    const sleeping = sleep(100, { clock }).then(() => {
      over = true;
    });
    clock.step = 3_600_000;
    await clock.pass(99);
    expect(over).to.equal(false);
    await clock.pass(1);
    expect(over).to.equal(true);
    await sleeping;
  });

  it('sleep no longer than until an abort, and leave no timer', async () => {
    const clock = new TestClock();
    const ending = new AbortController();
    const sleeping = sleep(100, { clock, signal: ending.signal });
    ending.abort();
    await sleeping;
    await sleep(100, { clock, signal: ending.signal });
    expect(clock.timers.size).to.equal(0);
  });

  it('give up work at an abort with its reason, and do not mind what becomes of it', async () => {
    const ending = new AbortController();
    let fail: (error: Error) => void;
    const work = new Promise<void>((_, reject) => {
      fail = reject;
    });
    const fault = faultOf(untilAborted(work, ending.signal));
    ending.abort('enough');
    expect(await fault).to.equal('enough');
    fail!(new Error('late'));
    expect(await faultOf(untilAborted(never, ending.signal))).to.equal('enough');
    const { signal } = new AbortController();
    expect(await untilAborted(Promise.resolve(1), signal)).to.equal(1);
    expect(await faultOf(untilAborted(Promise.reject('broken'), signal))).to.equal('broken');
  });

  it('abort work after a time, or with any signal given, and leave no timer', async () => {
    const clock = new TestClock();
    const run = (signal: AbortSignal) => untilAborted(never, signal);
    const late = faultOf(withTimeout(50, [], run, { clock }));
    await clock.pass(50);
    expect(await late).to.include({ name: 'TimeoutError', message: 'not done within 50 ms' });
    const own = faultOf(withTimeout(50, [], run, { clock, late: () => 'too late' }));
    await clock.pass(50);
    expect(await own).to.equal('too late');
    const [first, second] = [new AbortController(), new AbortController()];
    const outer = faultOf(withTimeout(50, [first.signal, second.signal], run, { clock }));
    second.abort('closing');
    expect(await outer).to.equal('closing');
    expect(await faultOf(withTimeout(50, second.signal, run, { clock }))).to.equal('closing');
    expect(await withTimeout(50, first.signal, async () => 1, { clock })).to.equal(1);
    expect(clock.timers.size).to.equal(0);
  });

  it('tell whether work settles in time, well or not', async () => {
    const clock = new TestClock();
    expect(await settlesWithin(50, Promise.resolve(), clock)).to.equal(true);
    expect(await settlesWithin(50, Promise.reject(new Error('broken')), clock)).to.equal(true);
    const late = settlesWithin(50, never, clock);
    await clock.pass(50);
    expect(await late).to.equal(false);
    await settled();
    expect(clock.timers.size).to.equal(0);
  });

  it('do short work at once, long work in slices, each item once and in order', async () => {
    const short = Array.from({ length: 100 }, () => {
      const seen: [number, number][] = [];
      const rest = inSlices([7, 8], (item, position) => seen.push([item, position]));
      return { seen, rest };
    });
    // The system may take the processor away for longer than a slice, but not every time.
    expect(short).to.deep.include({
      seen: [
        [7, 0],
        [8, 1],
      ],
      rest: undefined,
    });
    await Promise.all(short.map(({ rest }) => rest));
    const items = Array.from({ length: 40 }, (_, i) => i);
    const done: number[] = [];
    const busy = (item: number): void => {
      const end = performance.now() + 1;
      while (performance.now() < end);
      done.push(item);
    };
    const working = inSlices(items, busy);
    expect(working).to.be.instanceOf(Promise);
    expect(done.length).to.be.below(items.length);
    let turns = 0;
    const turn = (): void => {
      turns += 1;
      if (done.length < items.length) setImmediate(turn);
    };
    turn();
    await working;
    expect(done).to.deep.equal(items);
    expect(turns).to.be.above(1);
  });

  it('reject with what a later slice throws', async () => {
    const fault = new Error('broken');
    function* steps(): Generator<void, void, void> {
      const end = performance.now() + 20;
      while (performance.now() < end) yield;
      throw fault;
    }
    expect(await faultOf(Promise.resolve(inSlices(steps())))).to.equal(fault);
  });
});
