import type { Context } from 'mocha';
import { skipped } from './skipped.js';

/** A real server that a test talks to. `start` after `stop` or `kill` keeps the address and the data. */
export interface Server {
  /** Where it listens, without credentials unless the server has fixed ones. */
  readonly url: string;
  /** False for a server given by URL: nobody here may stop it. */
  readonly own: boolean;
  /** Resolves once it answers. Does nothing when it runs already. */
  start(): Promise<void>;
  /** Asks it to end, and resolves once it has. */
  stop(): Promise<void>;
  /** kill -9: resolves once the process is gone. */
  kill(): Promise<void>;
  /** Freezes it (SIGSTOP): connections stay open, nobody answers. */
  pause(): void;
  /** Ends `pause`. */
  resume(): void;
}

/** What every `start…` takes. */
export interface ServerOptions {
  /** The test kills or freezes the server, so one given by URL will not do. */
  own?: boolean;
}

/** This server cannot be had on this machine; the message says how it could be. */
export class UnavailableError extends Error {
  override readonly name = 'UnavailableError';
  readonly code = 'TEST_SERVER_UNAVAILABLE';

  constructor(
    readonly server: string,
    reason: string,
    options?: ErrorOptions,
  ) {
    super(`${server} is not to be had: ${reason}`, options);
  }
}

/** Servers that continuous integration may do without: they are in no package source. */
const OPTIONAL = new Set(['rethinkdb']);

/** Long enough for a cold install on two busy cores. */
const INSTALL_TIMEOUT = 600_000;

/**
 * For a mocha hook or test: the server, or, where it cannot be had, a skip that is named at the end of the run.
 * Under `CI=true` only RethinkDB may be skipped, anything else fails.
 */
export async function requireServer<O extends ServerOptions, S extends Server>(
  context: Context,
  start: (options?: O) => Promise<S>,
  options?: O,
): Promise<S> {
  context.timeout(INSTALL_TIMEOUT);
  return orSkip(context, () => start(options));
}

/** Like `requireServer`, for what is no server: a folder of installed programs, a binary. */
export async function orSkip<T>(context: Context, get: () => Promise<T>): Promise<T> {
  context.timeout(INSTALL_TIMEOUT);
  try {
    return await get();
  } catch (error) {
    if (!(error instanceof UnavailableError)) throw error;
    if (process.env.CI === 'true' && !OPTIONAL.has(error.server)) throw error;
    skipped(error.server, error.message);
    return context.skip();
  }
}
