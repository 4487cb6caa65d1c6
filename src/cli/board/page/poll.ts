/** Asks the board's server again and again, as long as the page is visible. */
export class Poll<T> {
  readonly #every: number;
  readonly #url: () => string;
  readonly #take: (answer: T) => number | undefined;
  readonly #failed: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Counts questions: only the last one's answer is taken. */
  #asked = 0;

  /**
   * `every`: milliseconds between an answer and the next question, unless `take` returns others.
   */
  constructor(
    every: number,
    url: () => string,
    take: (answer: T) => number | undefined,
    failed: () => void,
  ) {
    this.#every = every;
    this.#url = url;
    this.#take = take;
    this.#failed = failed;
    document.addEventListener('visibilitychange', () => {
      if (!document.hidden) this.now();
    });
  }

  /** Asks now; an answer that is still to come is not taken. */
  now(): void {
    void this.#ask();
  }

  async #ask(): Promise<void> {
    const number = ++this.#asked;
    clearTimeout(this.#timer);
    const answer = await this.#fetch();
    if (number !== this.#asked) return;
    let pause: number | undefined;
    if (answer === undefined) this.#failed();
    else pause = this.#take(answer);
    // A hidden page sends no requests.
    if (number === this.#asked && !document.hidden)
      this.#timer = setTimeout(() => this.now(), pause ?? this.#every);
  }

  async #fetch(): Promise<T | undefined> {
    try {
      const response = await fetch(this.#url(), { cache: 'no-store' });
      return response.ok ? ((await response.json()) as T) : undefined;
    } catch {
      return undefined;
    }
  }
}
