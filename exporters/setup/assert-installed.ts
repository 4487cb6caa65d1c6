import { ImproperlyConfiguredError, MissingPackageError } from '../errors.js';
import { isInstalled } from './package-loading.js';

/**
 * Looks whether an optional client library is installed, without loading it. In a bundle, which may
 * hold the library, it is {@link notLoaded} that tells.
 * @throws MissingPackageError with the `npm install` command to run.
 */
export function assertInstalled(neededBy: string, packageName: string, range: string): void {
  if (isInstalled(packageName) === false) throw missingError(neededBy, packageName, range);
}

/**
 * The handler of an `import()` that failed: `await import('mongodb').catch(notLoaded(…))`. A
 * bundler sees the literal name, and that the program can do without.
 * @returns a function that throws MissingPackageError with the `npm install` command, or
 * ImproperlyConfiguredError with
 *   the reason why an installed library does not load.
 */
export function notLoaded(
  neededBy: string,
  packageName: string,
  range: string,
): (cause: unknown) => never {
  return (cause) => {
    if (isMissing(cause) && isInstalled(packageName) !== true)
      throw missingError(neededBy, packageName, range, cause);
    throw new ImproperlyConfiguredError(
      `${neededBy} cannot load the package ${packageName}: ${cause instanceof Error ? cause.message : String(cause)}. In a bundle, mark the package as external`,
      { cause },
    );
  };
}

function isMissing(error: unknown): boolean {
  const { code } = Object(error) as { code?: unknown };
  return code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND';
}

function missingError(
  neededBy: string,
  packageName: string,
  range: string,
  cause?: unknown,
): MissingPackageError {
  return new MissingPackageError(
    { package: packageName, range, neededBy },
    cause === undefined ? undefined : { cause },
  );
}
