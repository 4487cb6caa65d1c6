import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { installed } from '../../support/servers/install.js';

/** Installs one small thing into the cache, and notes each time that it was made. */
const [journal = ''] = process.argv.slice(2);
const folder = await installed('thing', 'thing-1', async (into) => {
  appendFileSync(journal, 'made\n');
  await new Promise((resolve) => setTimeout(resolve, 300));
  writeFileSync(join(into, 'thing'), 'whole');
});
console.log(folder);
