import type { IncomingMessage } from 'node:http';

/**
 * Headers of every answer: the page loads nothing from elsewhere, runs nothing inline, and is not
 * framed or kept.
 */
export const SAFE_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'x-frame-options': 'DENY',
  'cache-control': 'no-store',
};

const LOOPBACK = ['127.0.0.1', 'localhost', '[::1]'];

/** A request that is refused: its status and the text of the answer. */
export interface Refusal {
  readonly status: number;
  readonly reason: string;
}

/**
 * Refuses what another site may send through the user's browser: a foreign `Host` (a name that was
 * rebound to loopback), a foreign `Origin`, a request that the browser marks as another site's.
 * @returns `undefined` for a request that may be answered.
 */
export function refusalOf({ method, headers }: IncomingMessage, port: number): Refusal | undefined {
  const hosts = LOOPBACK.map((name) => `${name}:${port}`);
  if (port === 80) hosts.push(...LOOPBACK);
  if (!hosts.includes(headers.host?.toLowerCase() ?? ''))
    return { status: 403, reason: `The Host header must be one of ${hosts.join(', ')}.` };
  const { origin } = headers;
  if (origin !== undefined && !hosts.some((host) => origin === `http://${host}`))
    return { status: 403, reason: 'Another site is not permitted to read the board.' };
  if (isForeign(headers))
    return { status: 403, reason: 'Another site is not permitted to read the board.' };
  if (method !== 'GET' && method !== 'HEAD')
    return { status: 405, reason: 'The board is read-only: use GET.' };
  return undefined;
}

/** A link on another site may lead to the page; its scripts and frames may not load anything. */
function isForeign(headers: IncomingMessage['headers']): boolean {
  const site = headers['sec-fetch-site'];
  if (site === undefined || site === 'same-origin' || site === 'none') return false;
  return headers['sec-fetch-mode'] !== 'navigate' || headers['sec-fetch-dest'] !== 'document';
}
