/** One series of a counter. The method works without its object too. */
export interface CounterHandle {
  /**
   * Adds `by`, default 1, as `increment` does: what is not a finite number is refused and counted.
   */
  add(by?: number): void;
}

/** One series of a gauge. The method works without its object too. */
export interface LevelHandle {
  /** Sets the number, as `gauge` does: what is not a finite number is refused and counted. */
  set(value: number | bigint): void;
}

/** One series of durations. The methods work without their object too. */
export interface TimerHandle {
  /**
   * Records a duration, as `timing` does: in the unit that the application uses for this name, not
   * negative.
   */
  record(value: number): void;
  /**
   * Calls `fn` and records how long it took, in seconds, or in the unit of time that the name is
   * described with: until it returns or throws, or until the promise that it returns settles.
   * Returns what `fn` returns and throws what it throws.
   * @throws TypeError if it is given something other than a function.
   */
  time<T>(fn: () => T): T;
}
