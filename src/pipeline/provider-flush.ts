import { MAX_TIMER_MS } from '../../exporters/timing/clock.js';
import { untilAborted } from '../../exporters/timing/until-aborted.js';
import { withTimeout } from '../../exporters/timing/with-timeout.js';

interface Flushable {
  forceFlush?(options?: { timeoutMillis: number }): Promise<void>;
}

/**
 * A flush counts as finished after this time, even if its provider has not answered: a reader that
 * hangs must not stop later flushes.
 */
const MAX_FLUSH_MS = 30_000;
/**
 * OpenTelemetry's own timeout is longer than the caller's by this much: only the caller's error has
 * a code.
 */
const LATER_MS = 1_000;

/** A provider's flush that is running, and the one after it. */
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
  const timeoutMillis = Math.min(Math.max(timeout, MAX_FLUSH_MS) + LATER_MS, MAX_TIMER_MS);
  return oneAtATime(flushable, async () => flushable?.forceFlush?.({ timeoutMillis }));
}

/**
 * Runs one flush of a provider at a time, because OpenTelemetry's processors answer a second flush
 * at once while the first is running. All callers that come meanwhile share the next flush, which
 * includes everything recorded before it.
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

const untilSettledOrLate = (work: Promise<void>): Promise<void> =>
  withTimeout(MAX_FLUSH_MS, [], (signal) => untilAborted(work, signal)).catch(() => undefined);
