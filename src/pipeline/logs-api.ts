import type { Context } from '@opentelemetry/api';

/*
 * OpenTelemetry's logs API as far as it is used here. Its own types are in `@opentelemetry/api`
 * since 1.10 and in a package of their own before; these fit both, so that neither must be
 * installed for the other's sake.
 */

/** A log record as it is emitted. */
export interface EmittedRecord {
  eventName?: string;
  body?: unknown;
  attributes?: Record<string, unknown>;
  timestamp?: Date;
  observedTimestamp?: Date;
  context?: Context;
}

/** OpenTelemetry's `Logger`. */
export interface Logger {
  /** Takes a log record. */
  // biome-ignore lint/suspicious/noExplicitAny: a record of either API
  emit(record: any): void;
}

/** OpenTelemetry's `LoggerProvider`, of either API. */
export interface LoggerProvider {
  /** Returns the logger of an instrumentation scope. */
  getLogger(name: string): Logger;
}
