import { ImproperlyConfiguredError } from '../errors.js';
import { tell } from './tell.js';

/** Node's permissions (https://nodejs.org/api/permissions.html), and the flag that grants each. */
const FLAGS: Readonly<Record<string, string>> = {
  FileSystemRead: '--allow-fs-read',
  FileSystemWrite: '--allow-fs-write',
  Net: '--allow-net',
  WorkerThreads: '--allow-worker',
  ChildProcess: '--allow-child-process',
};

interface Denied {
  readonly name?: unknown;
  readonly code?: unknown;
  readonly message?: unknown;
  readonly permission?: unknown;
  readonly resource?: unknown;
}

/**
 * Names the flag that the program was started without, where that is the reason of an error;
 * `undefined` for any other error.
 */
export function permissionRemedy(error: unknown): string | undefined {
  const { name, code, message, permission, resource } = Object(error) as Denied;
  if (code === 'ERR_DLOPEN_DISABLED') return 'start Node with --allow-addons';
  const named = /--allow-[a-z-]+/.exec(String(message))?.[0];
  if (name === 'NotCapable') return `start Deno with ${named ?? 'the permission'}`;
  if (code !== 'ERR_ACCESS_DENIED') return undefined;
  const flag = FLAGS[String(permission)] ?? named ?? 'the permission';
  const place = typeof resource === 'string' && resource !== '' ? `=${resource}` : '';
  return `start Node with ${flag}${flag.startsWith('--allow-fs') ? place : ''}`;
}

/**
 * The error to throw where a permission is missing, with the flag that grants it; any other error
 * as it is.
 */
export function explainPermission(error: unknown): unknown {
  for (
    let cause = error, depth = 0;
    cause instanceof Error && depth < 8;
    cause = cause.cause, depth++
  ) {
    const remedy = permissionRemedy(cause);
    if (remedy !== undefined)
      return new ImproperlyConfiguredError(`${cause.message.replace(/\.$/, '')}: ${remedy}`, {
        cause: error,
      });
  }
  return error;
}

const warned = new Set<string>();

/**
 * Reads what this program may not be permitted to read, and does without: what is missing is told
 * once.
 */
export function readIfPermitted<T>(read: () => T, instead: T): T {
  try {
    return read();
  } catch (error) {
    const remedy = permissionRemedy(error);
    if (remedy === undefined) throw error;
    if (!warned.has(remedy)) {
      warned.add(remedy);
      const message = `kaneda-otel: ${(error as Error).message.replace(/\.$/, '')}: ${remedy}, or let the program run without this`;
      tell({ code: 'KANEDA_PERMISSION', message, remedy, cause: error as Error });
    }
    return instead;
  }
}

/** The process's environment, where a variable that may not be read is not set. */
export const environment: NodeJS.ProcessEnv = new Proxy<NodeJS.ProcessEnv>(
  {},
  {
    get: (_, name) =>
      readIfPermitted(() => Reflect.get(process.env, name) as string | undefined, undefined),
    has: (_, name) => readIfPermitted(() => Reflect.has(process.env, name), false),
    ownKeys: () => readIfPermitted(() => Reflect.ownKeys(process.env), []),
    getOwnPropertyDescriptor: (_, name) => {
      const found = readIfPermitted(
        () => Reflect.getOwnPropertyDescriptor(process.env, name),
        undefined,
      );
      return found && { ...found, configurable: true };
    },
  },
);
