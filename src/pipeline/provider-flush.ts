import { clearTimeout, setTimeout } from '../../exporters/timing/real-timers.js';

interface Flushable {
  forceFlush?(options?: { timeoutMillis: number }): Promise<void>;
}

/**
 * A flush counts as over when its provider has not answered by then: a reader that hangs must not
 * stop later flushes.
 */
const LONGEST_MS = 30_000;
/** OpenTelemetry's own timeout ends later than the caller's, which is the one that has a code. */
const LATER_MS = 1_000;

/** The flush that a provider is at, and the one after it. */
interface Flushes {
  readonly over: Promise<unknown>;
  next: Promise<void> | undefined;
}

const flushes = new WeakMap<Flushable, Flushes>();

/** Flushes what a MeterProvider has now. */
export function flushMeterProvider(provider: object | undefined): Promise<void> {
  const flushable = provider as Flushable | undefined;
  return oneAtATime(flushable, async () => flushable?.forceFlush?.());
}

/** Flushes what a LoggerProvider has now. @param timeout milliseconds that the caller waits. */
export function flushLoggerProvider(provider: object | undefined, timeout: number): Promise<void> {
  const flushable = provider as Flushable | undefined;
  // Without a number OpenTelemetry waits for 30 s.
  const timeoutMillis = Math.min(Math.max(timeout, LONGEST_MS) + LATER_MS, 2 ** 31 - 1);
  return oneAtATime(flushable, async () => flushable?.forceFlush?.({ timeoutMillis }));
}

/**
 * OpenTelemetry's processors answer a second flush at once while a first is at work, so a provider
 * does one at a time: whoever comes meanwhile shares the next one, which takes in all that was
 * recorded before.
 */
function oneAtATime(provider: Flushable | undefined, flush: () => Promise<void>): Promise<void> {
  if (provider === undefined) return Promise.resolve();
  const ongoing = flushes.get(provider);
  if (ongoing === undefined) return begin(provider, flush);
  ongoing.next ??= ongoing.over.then(() => begin(provider, flush));
  return ongoing.next;
}

function begin(provider: Flushable, flush: () => Promise<void>): Promise<void> {
  const running = flush();
  const mine: Flushes = { over: untilSettledOrLate(running), next: undefined };
  flushes.set(provider, mine);
  void mine.over.then(() => {
    if (flushes.get(provider) === mine && mine.next === undefined) flushes.delete(provider);
  });
  return running;
}

function untilSettledOrLate(work: Promise<void>): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, LONGEST_MS).unref();
    const done = (): void => {
      clearTimeout(timer);
      resolve();
    };
    work.then(done, done);
  });
}
