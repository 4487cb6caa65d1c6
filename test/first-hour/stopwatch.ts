import { performance } from 'node:perf_hooks';

const SECOND_MS = 1_000;

/** Times the steps of one task, and prints each as it ends. */
export class Stopwatch {
  #total = 0;

  constructor(
    readonly task: string,
    readonly minutes: number,
  ) {
    console.log(`\n${task}`);
  }

  /** Does a step; its time is the machine's, a person reads and types in addition. */
  async step<T>(name: string, action: () => Promise<T>): Promise<T> {
    const start = performance.now();
    const result = await action();
    const took = performance.now() - start;
    this.#total += took;
    console.log(`  ${seconds(took)}  ${name}`);
    return result;
  }

  /** Prints the sum of the steps beside the time that the task may take a person. */
  end(): void {
    console.log(`  ${seconds(this.#total)}  of ${this.minutes} minutes`);
  }
}

const seconds = (ms: number): string => `${(ms / SECOND_MS).toFixed(1)} s`.padStart(8);
