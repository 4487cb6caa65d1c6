import { diag } from '@opentelemetry/api';

/** Where OpenTelemetry's API of version 1 keeps what an application registered. */
const API = Symbol.for('opentelemetry.js.api.1');
const reported = new Set<string>();

/**
 * Tells the operator of a problem: through OpenTelemetry's `diag` where the application has set a logger, else as a warning of the process.
 * Each text is told once.
 */
export function reportProblem(code: string, message: string): void {
  if (reported.has(message)) return;
  reported.add(message);
  const registered = (globalThis as { [API]?: { diag?: unknown } })[API];
  if (registered?.diag !== undefined) diag.warn(message);
  else process.emitWarning(message, { type: 'KanedaWarning', code });
}
