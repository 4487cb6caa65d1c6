import { isOwnError } from '../error-code.js';
import { explainPermission } from '../problems/permissions.js';
import { connectionRemedy } from './connection-remedies.js';
import { explainTls } from './tls-remedies.js';

interface SystemError extends Error {
  readonly code?: unknown;
  readonly remedy?: unknown;
}

/**
 * The error to show for one that a client threw: with the system's own words where the client hides
 * them, and the remedy behind them. Anything else, and what has its remedy, is given back as it is.
 */
export function explain(error: unknown): unknown {
  const permission = explainPermission(error);
  if (permission !== error) return permission;
  const tls = explainTls(error);
  if (tls !== error || isOwnError(error, 'KANEDA_IMPROPERLY_CONFIGURED')) return tls;
  if (typeof (error as SystemError | undefined)?.remedy === 'string') return error;
  for (const cause of causesOf(error)) {
    const remedy = connectionRemedy(`${cause.code} ${cause.message}`);
    if (remedy !== undefined) return withRemedy(error as SystemError, cause, remedy);
  }
  return error;
}

/** The code; of clients that pass the system's words on without it, the code in them. */
function codeOf({ code, message }: SystemError): string {
  return typeof code === 'string'
    ? code
    : (/\b(?:E[A-Z]{4,}|EAI_AGAIN)\b/.exec(message)?.[0] ?? '');
}

function withRemedy(error: SystemError, cause: SystemError, remedy: string): Error {
  const own = error.message.trim();
  const words = cause.message.trim() || codeOf(cause);
  const what = own === '' || own.includes(words) ? own || words : `${own}: ${words}`;
  const message = what.includes(remedy) ? what : `${what}: ${remedy}`;
  const shown = new Error(message, { cause: error });
  const code = codeOf(cause) || undefined;
  for (const [key, value] of Object.entries({ code, remedy }))
    Object.defineProperty(shown, key, { value, configurable: true, writable: true });
  return shown;
}

/**
 * The error and everything behind it: causes, and of Node's connection to several addresses each
 * attempt.
 */
function* causesOf(error: unknown, depth = 0): Generator<SystemError> {
  if (!(error instanceof Error) || depth > 8) return;
  const { errors } = error as { errors?: unknown };
  if (Array.isArray(errors)) for (const one of errors) yield* causesOf(one, depth + 1);
  yield error;
  yield* causesOf(error.cause, depth + 1);
}
