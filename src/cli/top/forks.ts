import { formatDimensions } from '../../../bridges/cells/meta-format.js';
import type { ProcessMetric } from '../../../bridges/observe-processes.js';

/** The shares of a fork's time: each branch's part, all together at most 1. */
export interface ForkShares {
  readonly name: string;
  readonly branches: readonly { readonly name: string; readonly share: number }[];
}

/**
 * Finds the forks among a process's metrics: a state, and counters `count` and `duration` of states
 * named after it with a suffix. The branch that is taken now counts up to now: it shows even when
 * it never ends.
 */
export class Forks {
  readonly #gained = new Map<string, { state: string; others: string; milliseconds: number }>();
  readonly #seconds: number | undefined;

  /** `seconds`: of the interval; `undefined`: all the time there was. */
  constructor(seconds: number | undefined) {
    this.#seconds = seconds;
  }

  /** Takes in what a counter gained in the interval. */
  gained({ state, metric, ...others }: ProcessMetric['dimensions'], by: number): void {
    if (metric !== 'duration' || state === undefined) return;
    const rest = formatDimensions(others);
    this.#gained.set(`${state} ${rest}`, { state, others: rest, milliseconds: by });
  }

  /** The forks' shares. `now`: milliseconds since the epoch. */
  shares(metrics: readonly ProcessMetric[], now: number): ForkShares[] {
    return metrics.flatMap(({ kind, dimensions, value }) => {
      const { state, metric, ...others } = dimensions;
      if (kind !== 'state' || state === undefined || metric !== undefined) return [];
      const times = this.#times(state, formatDimensions(others));
      if (times.size === 0) return [];
      this.#addCurrent(times, value as { text: string; since: Date | null }, now);
      return [this.#shareOut(state, times)];
    });
  }

  #times(state: string, others: string): Map<string, number> {
    const prefix = `${state}.`;
    const branches = [...this.#gained.values()].filter(
      (one) => one.others === others && one.state.startsWith(prefix),
    );
    return new Map(branches.map((one) => [one.state.slice(prefix.length), one.milliseconds]));
  }

  #addCurrent(
    times: Map<string, number>,
    { text, since }: { text: string; since: Date | null },
    now: number,
  ): void {
    const before = times.get(text);
    if (since === null || before === undefined) return;
    const lasted = now - since.getTime();
    const open = this.#seconds === undefined ? lasted : Math.min(lasted, this.#seconds * 1000);
    times.set(text, before + Math.max(0, open));
  }

  #shareOut(name: string, times: Map<string, number>): ForkShares {
    const sum = [...times.values()].reduce((all, one) => all + one, 0);
    const whole = Math.max(sum, (this.#seconds ?? 0) * 1000) || 1;
    const branches = [...times].map(([branch, time]) => ({ name: branch, share: time / whole }));
    return { name, branches: branches.sort((a, b) => b.share - a.share) };
  }
}
