/** Imports the entry point it is given, and prints which modules that has loaded, CommonJS ones too. */
import { createRequire, register } from 'node:module';

register('./loaded-hooks.mjs', import.meta.url);
await import(process.argv[2]);
for (const path of Object.keys(createRequire(import.meta.url).cache))
  console.log(`loaded file://${path}`);
