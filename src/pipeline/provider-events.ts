import * as api from '@opentelemetry/api';
import { sizeOfValue } from '../../exporters/reports/estimated-size.js';
import { OWN_SCOPE } from '../../exporters/reports/scopes.js';
import type { SingleRecord } from '../../exporters/reports/single-record.js';
import type { Guard } from './guard.js';
import type { EmittedRecord, Logger, LoggerProvider } from './logs-api.js';
import { flushLoggerProvider } from './provider-flush.js';

/**
 * Events that wait for a LoggerProvider, at most: as many as OpenTelemetry's batch processor holds.
 */
export const MAX_WAITING_EVENTS = 2048;
/** Bytes of those events, at most. */
const MAX_WAITING_BYTES = 16 * 1_048_576;

interface LogsApi {
  getLoggerProvider(): LoggerProvider;
}

/**
 * Events on their way to a LoggerProvider of the application's: the one it gave, or the global one,
 * which may be registered later.
 */
export class ProviderEvents {
  readonly #given: LoggerProvider | undefined;
  readonly #guard: Guard;
  readonly #waiting: SingleRecord[] = [];
  #bytes = 0;
  #provider: LoggerProvider | undefined;
  #logger: Logger | undefined;

  constructor(given: LoggerProvider | undefined, guard: Guard) {
    this.#given = given;
    this.#guard = guard;
  }

  /** `false`: there is no provider yet, and no room to wait for it. */
  emit(record: SingleRecord): boolean {
    if (this.#found()) {
      this.#send(record);
      return true;
    }
    const bytes = sizeOfValue(record.body) + sizeOfValue(record.attributes);
    if (this.#waiting.length >= MAX_WAITING_EVENTS || this.#bytes + bytes > MAX_WAITING_BYTES)
      return false;
    this.#bytes += bytes;
    this.#waiting.push(record);
    return true;
  }

  /**
   * Looks, if events wait for a provider, whether it is there by now, and hands them over. `true`:
   * none wait.
   */
  look(): boolean {
    return this.#waiting.length === 0 || this.#found();
  }

  /** Events that wait for a provider. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Gives up on events that still wait, and says how many they were. */
  abandon(): number {
    return this.#waiting.splice(0).length;
  }

  /** The provider sends on what it has. @param timeout milliseconds that the caller waits. */
  flush(timeout: number): Promise<void> {
    return flushLoggerProvider(this.#provider, timeout);
  }

  #found(): boolean {
    if (this.#logger === undefined) this.#guard.run(() => this.#find());
    return this.#logger !== undefined;
  }

  #find(): void {
    for (const provider of this.#given === undefined ? globalProviders() : [this.#given]) {
      const logger = provider.getLogger(OWN_SCOPE);
      if (isNoopLogger(logger)) continue;
      this.#provider = provider;
      this.#logger = logger;
      for (const record of this.#waiting.splice(0)) this.#send(record);
      return;
    }
  }

  #send(record: SingleRecord): void {
    this.#guard.run(() => this.#logger?.emit(asEmitted(record)));
  }
}

/** A record as a logger of the application's takes it. */
function asEmitted({
  eventName,
  body,
  attributes,
  timestamp,
  context,
}: SingleRecord): EmittedRecord {
  return { eventName, body, attributes, timestamp, observedTimestamp: timestamp, context };
}

/**
 * The global provider in both places where it may be: since 1.10 the API has logs itself, before
 * (and still, for the SDK of that time) they are a package of their own.
 */
function globalProviders(): LoggerProvider[] {
  const own = Reflect.get(api, 'logs') as LogsApi | undefined;
  return [own?.getLoggerProvider(), separateProvider()].filter((one) => one !== undefined);
}

/**
 * The place where each copy of `@opentelemetry/api-logs` looks; in a bundle no copy is found by its
 * name.
 */
const SEPARATE_API = Symbol.for('io.opentelemetry.js.api.logs');
const SEPARATE_API_VERSION = 1;

function separateProvider(): LoggerProvider | undefined {
  const places = globalThis as { [SEPARATE_API]?: (version: number) => LoggerProvider | undefined };
  return places[SEPARATE_API]?.(SEPARATE_API_VERSION);
}

/**
 * True if a logger is the API's stand-in for one that is not registered yet: it drops what it is
 * given.
 */
function isNoopLogger(logger: Logger): boolean {
  return (
    typeof Reflect.get(logger, '_getLogger') === 'function' ||
    logger.constructor.name === 'NoopLogger'
  );
}
