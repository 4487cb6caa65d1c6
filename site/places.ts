import { fileURLToPath } from 'node:url';

/** The repository's folder, and its address. */
export const ROOT = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');
export const REPOSITORY = 'https://github.com/kaneda-otel/kaneda-otel';

/** The pages as VitePress gets them, and the built site. */
export const PAGES = `${ROOT}/site/pages`;
export const DIST = `${ROOT}/site/dist`;
