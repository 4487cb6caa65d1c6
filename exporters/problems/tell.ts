import { diag } from '@opentelemetry/api';
import type { OnProblem, Problem } from './problem.js';

/** The registry of OpenTelemetry's API, which holds the application's diag logger among others. */
const REGISTRY = Symbol.for('opentelemetry.js.api.1');

/**
 * Tells a problem: to `onProblem` if there is one, else to the application's diag logger if it has
 * set one, else as a warning of the process (type `KanedaWarning`). Never throws, whatever these
 * do.
 */
export function tell(problem: Problem, onProblem?: OnProblem): void {
  try {
    if (onProblem !== undefined) ignoreRejection(onProblem(problem));
    else if (hasDiagLogger()) tellDiag(problem);
    else process.emitWarning(problem.message, { type: 'KanedaWarning', code: problem.code });
  } catch {
    // All three are foreign code that may throw; recording and delivering must continue.
  }
}

function tellDiag({ code, message }: Problem): void {
  const text = `${code}: ${message}`;
  if (code === 'KANEDA_IMPROPERLY_CONFIGURED') diag.error(text);
  else diag.warn(text);
}

function hasDiagLogger(): boolean {
  return (Reflect.get(globalThis, REGISTRY) as { diag?: unknown } | undefined)?.diag !== undefined;
}

/** An asynchronous function may be given. */
function ignoreRejection(answer: unknown): void {
  if (answer instanceof Promise) answer.catch(() => {});
}
