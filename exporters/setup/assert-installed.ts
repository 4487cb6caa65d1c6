import { createRequire } from 'node:module';
import { ImproperlyConfiguredError } from '../errors.js';

const require = createRequire(import.meta.url);

/**
 * Looks whether an optional client library is installed, without loading it.
 * @throws ImproperlyConfiguredError with the `npm install` command to run.
 */
export function assertInstalled(exporter: string, packageName: string, range: string): void {
  try {
    require.resolve(packageName);
  } catch (cause) {
    // An ESM-only package without a `require` condition is there all the same.
    if ((cause as NodeJS.ErrnoException).code === 'ERR_PACKAGE_PATH_NOT_EXPORTED') return;
    throw new ImproperlyConfiguredError(
      `${exporter} needs the package ${packageName}: run \`npm install ${packageName}@${range}\``,
      { cause },
    );
  }
}
