/** What the compiler must accept of `Metrics`, and what not. It is compiled, never run. */
import type { MeterProvider } from '@opentelemetry/api';
import type { LoggerProvider } from '@opentelemetry/api-logs';
import { expectTypeOf } from 'expect-type';
import {
  type CounterHandle,
  collectProcessMetrics,
  type Ledger,
  type LevelHandle,
  Metrics,
  type MetricsOptions,
  metrics,
  type Tags,
  type Timed,
  type TimerHandle,
} from '../../src/index.js';

declare const meterProvider: MeterProvider;
declare const loggerProvider: LoggerProvider;

expectTypeOf(metrics).toEqualTypeOf<Metrics>();
expectTypeOf<Metrics>().toExtend<AsyncDisposable>();
expectTypeOf(new Metrics()).toEqualTypeOf<Metrics>();
new Metrics({
  meterProvider,
  loggerProvider,
  exportInterval: 1000,
  tagLimit: 5,
  forgetAfter: 60_000,
});
expectTypeOf<MetricsOptions['mode']>().toEqualTypeOf<'aggregate' | 'individual' | undefined>();
// @ts-expect-error there is no such option
new Metrics({ interval: 5 });
// @ts-expect-error nor such a mode
new Metrics({ mode: 'both' });

const frozen = Object.freeze({ route: '/', status: 200, ok: true });
metrics.increment('x');
metrics.increment('x', frozen, 2);
metrics.decrement('x', ['a', 'b'] as const, 0.5);
metrics.gauge('x', 5n, []);
metrics.timing('x', 0.5, { route: '/' });
metrics.event('x', 'text', {});
metrics.custom('x', {
  metric: 'sale',
  value: { any: [1n, new Date()] },
  tags: ['paid'],
  id: 'one',
});
metrics.remove('x', frozen);
expectTypeOf(metrics.increment).returns.toEqualTypeOf<void>();
expectTypeOf(metrics.flush).parameter(0).toEqualTypeOf<{ timeout?: number } | undefined>();
expectTypeOf(metrics.close()).toEqualTypeOf<Promise<void>>();
expectTypeOf(metrics.ledger()).toEqualTypeOf<Ledger>();
expectTypeOf<Tags>().toEqualTypeOf<
  readonly string[] | Readonly<Record<string, string | number | boolean>>
>();
// @ts-expect-error a name is a string
metrics.increment(5);
// @ts-expect-error a tag's value is no object
metrics.increment('x', { user: {} });
// @ts-expect-error nor null
metrics.increment('x', { user: null });
// @ts-expect-error an event has a text
metrics.event('x');
// @ts-expect-error a custom has a type
metrics.custom('x', { value: 1 });

const hits = metrics.counter('x', frozen);
expectTypeOf(hits).toEqualTypeOf<CounterHandle>();
hits.add();
hits.add(2);
// @ts-expect-error a number
hits.add('2');
expectTypeOf(metrics.level('x', ['a'])).toEqualTypeOf<LevelHandle>();
metrics.level('x').set(5);
metrics.level('x').set(5n);
// @ts-expect-error a level has a value
metrics.level('x').set();
const query = metrics.timer('x');
expectTypeOf(query).toEqualTypeOf<TimerHandle>();
query.record(0.5);
expectTypeOf(query.time(() => 5)).toEqualTypeOf<number>();
expectTypeOf(query.time(async () => 'x')).toEqualTypeOf<Promise<string>>();
// @ts-expect-error a function
query.time(5);
// @ts-expect-error a name is a string
metrics.counter(5);

expectTypeOf(
  metrics.with({ prefix: 'x.', tags: { status: 200, ok: true } }),
).toEqualTypeOf<Metrics>();
metrics.with({ tags: frozen }).with({ prefix: 'y.' });
// @ts-expect-error a child's tags are a record
metrics.with({ tags: ['a'] });
expectTypeOf(collectProcessMetrics(metrics)).toEqualTypeOf<{ stop(): void }>();
collectProcessMetrics(metrics.with({ prefix: 'x.' }), { interval: 5_000 }).stop();
metrics.describe('x', { unit: 's', description: 'X.', monotonic: true, buckets: [1, 2] as const });
expectTypeOf(metrics.describe).returns.toEqualTypeOf<void>();
// @ts-expect-error there is no such property
metrics.describe('x', { help: 'X.' });
new Metrics({ enabled: false, instance: 'web-1' });

expectTypeOf(metrics.timed()).toEqualTypeOf<Timed>();
const wrap = metrics.timed('x');
async function load(this: { base: string }, path: string, retries?: number): Promise<Uint8Array> {
  return Buffer.from(this.base + path + retries);
}
expectTypeOf(wrap(load)).toEqualTypeOf(load);
const identity: <T>(value: T) => T = wrap(<T>(value: T): T => value);
expectTypeOf(identity('x' as const)).toEqualTypeOf<'x'>();
const counted = Object.assign((n: number) => n, { unit: 'apples' });
expectTypeOf(wrap(counted)).toEqualTypeOf(counted);
// @ts-expect-error it wraps functions
wrap(5);

export class Decorated {
  @metrics.timed()
  static make(): Decorated {
    return new Decorated();
  }
  @metrics.timed('own.name', { tags: ['a'], useMs: true })
  async load(path: string): Promise<number> {
    return path.length;
  }
  @metrics.timed()
  #hidden(): void {}
  reveal(): void {
    this.#hidden();
  }
  // @ts-expect-error it decorates methods and accessors
  @metrics.timed()
  field = 5;
  @metrics.timed()
  get getter(): number {
    return 5;
  }
}

// @ts-expect-error nor classes
@metrics.timed()
export class Whole {}

export function blocks(): void {
  using _ = metrics.timed('block');
}
