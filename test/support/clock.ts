import type { Clock, Timer } from '../../exporters/timing/clock.js';

interface Due {
  readonly at: number;
  readonly callback: () => void;
  readonly keepAlive: boolean;
}

/** A clock that stands until it is told. */
export class TestClock implements Clock {
  time = 1_000_000;
  /** How far somebody set the time of day: timers and durations do not notice. */
  step = 0;
  chance = 1;
  readonly timers = new Set<Due>();

  now(): number {
    return this.time + this.step;
  }

  monotonic(): number {
    return this.time;
  }

  random(): number {
    return this.chance;
  }

  after(ms: number, callback: () => void, { keepAlive }: { keepAlive: boolean }): Timer {
    const due = { at: this.time + ms, callback, keepAlive };
    this.timers.add(due);
    return { cancel: () => void this.timers.delete(due) };
  }

  /** Lets time pass, and everything happen that is then due, in order. */
  async pass(ms: number): Promise<void> {
    const end = this.time + ms;
    await settled();
    for (;;) {
      const next = [...this.timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.timers.delete(next);
      this.time = Math.max(this.time, next.at);
      next.callback();
      await settled();
    }
    this.time = end;
  }
}

/** Everything that can happen without time passing has happened. */
export async function settled(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
}
