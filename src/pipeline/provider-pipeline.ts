import { createNoopMeter, type MeterProvider, metrics } from '@opentelemetry/api';
import type { CellStore } from '../../bridges/cells/store.js';
import { type Observation, observeCells } from '../../bridges/observe-cells.js';
import type { Ledger } from '../../exporters/delivery/ledger.js';
import { environment } from '../../exporters/problems/permissions.js';
import type { OnProblem } from '../../exporters/problems/problem.js';
import { tell } from '../../exporters/problems/tell.js';
import { OWN_SCOPE } from '../../exporters/reports/scopes.js';
import type { SingleRecord } from '../../exporters/reports/single-record.js';
import { clearInterval, setInterval } from '../../exporters/timing/real-timers.js';
import { Deadline } from './deadline.js';
import { Guard } from './guard.js';
import { emptyLedger } from './ledger-sum.js';
import type { LoggerProvider } from './logs-api.js';
import type { Pipeline } from './pipeline.js';
import { ProviderEvents } from './provider-events.js';
import { flushMeterProvider } from './provider-flush.js';

/**
 * Looks for a global provider this often (milliseconds) while there is none, and also when
 * something is recorded or flushed.
 */
const LOOK_EVERY_MS = 1000;
/** Every 16th call looks for a provider too. */
const LOOK_EACH_CALLS = 16;
const NOWHERE_REMEDY =
  'Give a backend or a queue to new Metrics, set BACKEND (a kanedasettings file in the working directory, or KANEDA_BACKEND), or register an OpenTelemetry provider';

/**
 * Into OpenTelemetry providers of the application's: those it gave, or the global ones, which may
 * be registered later. The API hands out no meter that begins to work later, so until a provider is
 * there the numbers wait in their cells, and it is looked for.
 */
export class ProviderPipeline implements Pipeline {
  readonly cells: CellStore;
  readonly individual = false;
  readonly #given: MeterProvider | undefined;
  readonly #events: ProviderEvents;
  readonly #guard: Guard;
  readonly #onProblem: OnProblem | undefined;
  #warnedNowhere = false;
  #provider: MeterProvider | undefined;
  #observation: Observation | undefined;
  #timer: NodeJS.Timeout | undefined;
  #calls = 0;
  #abandoned = 0;

  constructor(
    cells: CellStore,
    meterProvider: MeterProvider | undefined,
    loggerProvider: LoggerProvider | undefined,
    onProblem?: OnProblem,
  ) {
    this.cells = cells;
    this.#onProblem = onProblem;
    this.#guard = new Guard(onProblem);
    this.#given = meterProvider;
    this.#events = new ProviderEvents(loggerProvider, this.#guard);
  }

  wake(): boolean {
    if (this.#calls++ % LOOK_EACH_CALLS === 0) this.#look();
    return this.#provider !== undefined;
  }

  emit(record: SingleRecord): boolean {
    const taken = this.#events.emit(record);
    // Each event looks for its own provider; the timer looks for those that wait.
    if (this.#events.waiting > 0) this.#lookAgain(true);
    return taken;
  }

  async flush(timeout: number): Promise<void> {
    const deadline = new Deadline(timeout);
    this.#look();
    await deadline.of(this.#observation?.replayed ?? Promise.resolve(), 'the replay of timings');
    const flushes = [
      deadline.of(flushMeterProvider(this.#provider), 'the MeterProvider'),
      deadline.of(this.#events.flush(timeout), 'the LoggerProvider'),
    ];
    await Promise.allSettled(flushes);
    await Promise.all(flushes);
  }

  async close(timeout: number): Promise<void> {
    try {
      await this.flush(timeout);
    } finally {
      clearInterval(this.#timer);
      this.#observation?.stop();
      this.#abandoned = this.#events.abandon();
    }
  }

  tellIfNowhere(numbers: boolean): void {
    this.#look();
    const missing = this.#missing(numbers);
    if (missing === undefined || this.#warnedNowhere || isSdkDisabled()) return;
    this.#warnedNowhere = true;
    const message = `kaneda-otel: recorded data goes nowhere: ${missing} was registered. ${NOWHERE_REMEDY}.`;
    tell({ code: 'KANEDA_NO_PROVIDER', message, remedy: NOWHERE_REMEDY }, this.#onProblem);
  }

  #missing(numbers: boolean): string | undefined {
    if (numbers && this.#provider === undefined && this.#given === undefined)
      return 'no MeterProvider';
    return this.#events.waiting > 0 ? 'no LoggerProvider' : undefined;
  }

  get abandoned(): number {
    return this.#abandoned;
  }

  ledger(): Ledger {
    return emptyLedger();
  }

  #look(): void {
    const noneWait = this.#events.look();
    if (this.#provider === undefined)
      this.#guard.run(() => this.#attach(this.#given ?? metrics.getMeterProvider()));
    this.#lookAgain(!noneWait || this.#provider === undefined);
  }

  #lookAgain(needed: boolean): void {
    if (needed) this.#timer ??= setInterval(() => this.#look(), LOOK_EVERY_MS).unref();
    else if (this.#timer !== undefined) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
  }

  #attach(provider: MeterProvider): void {
    const meter = provider.getMeter(OWN_SCOPE);
    if (meter === createNoopMeter()) return;
    this.#provider = provider;
    this.#observation = observeCells(this.cells, meter);
  }
}

/** OpenTelemetry's own switch: an application that is started with it wants nothing exported. */
const isSdkDisabled = (): boolean => environment.OTEL_SDK_DISABLED?.trim().toLowerCase() === 'true';
