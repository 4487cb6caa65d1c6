import { diag } from '@opentelemetry/api';

/** Something that went wrong with cells, as an operator is told of it. */
export interface CellProblem {
  /** The kind of problem: `KANEDA_TAG_LIMIT`. docs/problems.md lists all. */
  readonly code: string;
  /** A whole text: what happened, and what to do. */
  readonly message: string;
  /** The error behind it, if there is one. */
  readonly cause?: Error;
}

/**
 * The place where OpenTelemetry's API keeps what an application has registered, its diag logger
 * among it.
 */
const REGISTRY = Symbol.for('opentelemetry.js.api.1');

/**
 * Tells a problem to `onProblem`, else to the application's diag logger if it has set one, else as
 * a warning of the process. Never throws. The exporters have a door of their own
 * (exporters/problems/tell.ts): neither side knows the other.
 * @param error what was thrown; its message is put behind the text.
 */
export function tellProblem(
  code: string,
  text: string,
  error?: unknown,
  onProblem?: (problem: CellProblem) => void,
): void {
  try {
    const cause = error === undefined || error instanceof Error ? error : new Error(String(error));
    const message = `kaneda-otel: ${text}${cause === undefined ? '' : `: ${wordsOf(cause)}`}`;
    if (onProblem !== undefined) onProblem({ code, message, ...(cause && { cause }) });
    else if ((Reflect.get(globalThis, REGISTRY) as { diag?: unknown } | undefined)?.diag)
      diag.warn(`${code}: ${message}`);
    else process.emitWarning(message, { type: 'KanedaWarning', code });
  } catch {
    // All three are foreign code that may throw; recording must continue.
  }
}

/** Node 20 does not say in words which of a program's permissions is missing. */
function wordsOf(cause: Error): string {
  const { permission } = cause as { permission?: unknown };
  return typeof permission === 'string'
    ? `${cause.message} (permission ${permission})`
    : cause.message;
}
