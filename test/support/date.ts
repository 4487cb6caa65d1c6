/** The global `Date` under a test's control, as test runners freeze it. Timers and `performance` go on. */
export class ControlledDate {
  readonly #real = globalThis.Date;
  #now: number | undefined;

  /** Takes the place of the global `Date` until {@link restore}. */
  install(): void {
    const [real, now] = [this.#real, () => this.#now ?? this.#real.now()];
    globalThis.Date = new Proxy(real, {
      construct: (target, given, as) =>
        Reflect.construct(target, given.length === 0 ? [now()] : given, as),
      get: (target, key, as) => (key === 'now' ? now : Reflect.get(target, key, as)),
    });
  }

  /** Stands still at `now`, in milliseconds since 1970; goes with the real clock again without it. */
  freeze(now?: number): void {
    this.#now = now;
  }

  /** Steps by so many milliseconds, back if below 0, and stands still there. */
  step(ms: number): void {
    this.#now = (this.#now ?? this.#real.now()) + ms;
  }

  restore(): void {
    this.#now = undefined;
    globalThis.Date = this.#real;
  }
}
