import type { Report } from '../reports/report.js';

type Pages = AsyncIterable<readonly Report[]>;

const timeOf = ({ timestamp }: Report): number => timestamp.getTime();

/** A stream, and what of its last page was not given out yet. */
class Source {
  readonly #pages: AsyncIterator<readonly Report[]>;
  #page: readonly Report[] = [];
  #at = 0;
  isDone = false;

  constructor(pages: Pages) {
    this.#pages = pages[Symbol.asyncIterator]();
  }

  /** Fetches a page if all of the last one is given out. */
  async fill(): Promise<void> {
    while (!this.isDone && this.#at === this.#page.length) {
      const { done, value } = await this.#pages.next();
      this.#at = 0;
      this.#page = done ? [] : value;
      this.isDone = done === true;
    }
  }

  /** The time up to which this one knows all its reports. */
  get known(): number {
    return this.isDone ? Number.POSITIVE_INFINITY : timeOf(this.#page.at(-1)!);
  }

  /** Gives out what is not later than a time. */
  take(time: number): readonly Report[] {
    const from = this.#at;
    while (this.#at < this.#page.length && timeOf(this.#page[this.#at]!) <= time) this.#at += 1;
    return this.#page.slice(from, this.#at);
  }

  async end(): Promise<void> {
    await this.#pages.return?.();
  }
}

/** Several streams, each oldest first, as one: a page of each is in memory. */
export async function* mergeSorted(
  streams: readonly Pages[],
): AsyncGenerator<readonly Report[], void> {
  const sources = streams.map((pages) => new Source(pages));
  try {
    for (;;) {
      await Promise.all(sources.map((source) => source.fill()));
      const known = Math.min(...sources.map((source) => source.known));
      const page = sources.flatMap((source) => source.take(known));
      if (sources.length > 1) page.sort((a, b) => timeOf(a) - timeOf(b));
      if (page.length > 0) yield page;
      if (sources.every(({ isDone }) => isDone)) return;
    }
  } finally {
    await Promise.allSettled(sources.map((source) => source.end()));
  }
}
