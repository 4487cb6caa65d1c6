import type { Clock } from '../timing/clock.js';
import { nextTurn, setImmediate } from '../timing/real-timers.js';
import { sleep } from '../timing/sleep.js';

/**
 * Time for a known reader to bring its last collection: its observable instruments may have to wait
 * for their callbacks.
 */
const LAST_COLLECTION_MS = 1_000;
/** Time for further readers, once one has come. */
const OTHERS_MS = 100;
/** Turns of the event loop in which a processor hands over the next of its batches. */
const TURNS = 3;

/**
 * The calls of readers, processors and `Metrics` to one exporter. The exporter does not know how
 * many readers and processors use it, and each of them shuts it down when it ends itself. Their
 * calls show whether another may still come with its last interval.
 */
export class Callers {
  readonly #clock: Clock;
  #calls = 0;
  #attached = 0;
  #reads = false;
  /** A reader of the SDK uses the exporter: it asked how to aggregate. */
  #hasReader = false;
  #hasLogs = false;
  #logsLast = false;
  #flushed = false;
  #shutdowns = 0;
  /** Metrics came after the first shutdown. */
  #collectedLast = false;
  /** The reader's last collection is here: it shut down right after a flush. */
  #came = false;
  #awake: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The number of calls so far: it shows, after a wait, that another call came. */
  get calls(): number {
    return this.#calls;
  }

  /** The number of `Metrics` that use the exporter. Each adds and removes itself. */
  get attached(): number {
    return this.#attached;
  }

  /** One more `Metrics` uses the exporter. */
  attach(): void {
    this.#attached += 1;
  }

  /** Removes one user. What it collected last has been handed over. */
  detach(): void {
    this.#attached = Math.max(0, this.#attached - 1);
    this.#called();
  }

  /**
   * One has shut down, and another is known that may come with its last interval: a reader of the
   * SDK, or a processor beside one.
   */
  get isOneLeft(): boolean {
    if (!this.#hasReader || this.#shutdowns !== 1) return false;
    return this.#came ? this.#hasLogs : !this.#collectedLast;
  }

  /** A metric reader uses the exporter. */
  reads(): void {
    this.#reads = true;
  }

  /** A reader of the SDK asks how to aggregate. */
  asked(): void {
    this.#reads = true;
    this.#hasReader = true;
  }

  /** Something was handed over. */
  exported(what: 'metrics' | 'logs'): void {
    this.#logsLast = what === 'logs';
    this.#hasLogs ||= this.#logsLast;
    this.#collectedLast ||= !this.#logsLast && this.#shutdowns > 0;
    this.#called();
  }

  /** A flush was answered. */
  flushed(): void {
    this.#called();
    this.#flushed = true;
    // This must not keep a program alive that flushes at its end.
    setImmediate(() => {
      this.#flushed = false;
    }).unref();
  }

  /**
   * A shutdown was asked for. A reader asks right after a flush, which it asked for right after its
   * last collection.
   */
  ended(): void {
    this.#called();
    this.#shutdowns += 1;
    if (this.#flushed && !this.#logsLast) this.#came = true;
  }

  /** Waits for a further call, for a while, at most `ms` milliseconds. */
  async quiet(ms: number): Promise<void> {
    const before = this.#calls;
    for (let i = 0; i < TURNS && this.#calls === before; i++) await nextTurn();
    const others = this.#reads || this.#attached > 0;
    if (!others || this.#calls !== before || ms <= 0) return;
    const ending = new AbortController();
    const called = new Promise<void>((resolve) => {
      this.#awake = resolve;
    });
    const longest = this.#came && this.#attached === 0 ? OTHERS_MS : LAST_COLLECTION_MS;
    await Promise.race([
      called,
      sleep(Math.min(ms, longest), { clock: this.#clock, signal: ending.signal }),
    ]);
    ending.abort();
  }

  #called(): void {
    this.#calls += 1;
    this.#awake?.();
  }
}
