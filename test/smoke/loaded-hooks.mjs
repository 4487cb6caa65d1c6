import { writeSync } from 'node:fs';

/** Prints the address of each module that is loaded as or from an ES module. */
export async function load(url, context, next) {
  writeSync(1, `loaded ${url}\n`);
  return next(url, context);
}
