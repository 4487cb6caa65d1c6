import { createRequire } from 'node:module';
import { dirname, isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ImproperlyConfiguredError } from '../errors.js';

/**
 * This file, or the bundle that it became a part of; a bundle of CommonJS has no `import.meta`, one
 * of ESM no `__filename`.
 */
function ownFile(): string {
  // Of code that is evaluated (`node -e`, an evaluated worker thread) the name is not a path.
  if (typeof __filename === 'string' && isAbsolute(__filename)) return __filename;
  const { url } = import.meta;
  return url === undefined ? join(process.cwd(), 'index.js') : fileURLToPath(url);
}

/** `require` from where this code lies, for packages that bundlers must leave alone. */
export function ownRequire(): NodeJS.Require {
  return createRequire(ownFile());
}

/**
 * Looks whether an optional package is installed, without loading it.
 * @returns undefined where that cannot be known: in a bundle, which may hold the package itself.
 */
export function isInstalled(packageName: string): boolean | undefined {
  const require = ownRequire();
  if (isBundled(require)) return undefined;
  try {
    require.resolve(packageName);
    return true;
  } catch (error) {
    // A package with ESM exports alone is still installed.
    return (error as NodeJS.ErrnoException).code === 'ERR_PACKAGE_PATH_NOT_EXPORTED';
  }
}

/**
 * The exports of a module that `import()` gave. A bundle may give those of a CommonJS one as
 * `default` alone (esbuild with `--splitting`), or nothing before the bundle has run to its end.
 * @throws ImproperlyConfiguredError when there is nothing yet
 */
export function exportsOf<Module extends object>(module: Module | undefined): Module {
  if (module === undefined)
    throw new ImproperlyConfiguredError(
      'The bundle holds a package whose code comes after an `await` of its own: import that package in the program, or await inside a function',
    );
  const isWrapped = Object.keys(module).join() === 'default';
  return isWrapped ? (module as { default: Module } & Module).default : module;
}

/** True if this code lies elsewhere than in its own package. */
function isBundled(require: NodeJS.Require): boolean {
  try {
    return !ownFile().startsWith(dirname(require.resolve('kaneda-otel/package.json')));
  } catch {
    return true;
  }
}
