import { Reader } from './reader.js';
import type { Stopwatch } from './stopwatch.js';

/** A task of the first hour: what a newcomer wants, and the minutes it may take. */
export interface Task {
  readonly name: string;
  readonly minutes: number;
  /** Does the steps that the documentation names. @throws if a store does not hold what it must. */
  run(watch: Stopwatch, started: Started): Promise<void>;
}

/** What a task started, to be ended after it. */
export class Started {
  readonly #ends: (() => unknown)[] = [];

  /** Makes a reader of the documentation, in an empty folder. */
  reader(name: string, watch: Stopwatch): Reader {
    const reader = new Reader(name, watch);
    this.#ends.push(() => reader.place.end());
    return reader;
  }

  /** Starts a server; a newcomer has it already, so no stopwatch runs. */
  async server<S extends { stop(): Promise<void> }>(start: () => Promise<S>): Promise<S> {
    const server = await start();
    this.#ends.push(() => server.stop());
    return server;
  }

  /** Ends everything, the last first. */
  async end(): Promise<void> {
    for (const end of this.#ends.reverse()) await end();
  }
}
