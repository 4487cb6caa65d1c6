import { rmSync } from 'node:fs';
import { build } from 'vitepress';
import { deadLinks } from './links.js';
import { writePages } from './pages.js';
import { DIST, PAGES, ROOT } from './places.js';
import { writeReference } from './reference.js';

/** `npm run docs`: builds the site into site/dist, and fails if a link leads nowhere. */
rmSync(PAGES, { recursive: true, force: true });
writePages();
await writeReference(`${PAGES}/reference`);
await build(`${ROOT}/site`); // throws for a link to a page that is missing
const dead = deadLinks(DIST, process.env.DOCS_BASE ?? '/');
for (const { page, link } of dead) console.error(`${page} links ${link}, which is missing`);
if (dead.length > 0) process.exitCode = 1;
