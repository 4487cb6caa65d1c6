import { SETTINGS } from './table.js';

/**
 * A setting's value as it may be shown: a URL without its credentials and query, any other secret
 * as `***`.
 */
export function maskSetting(name: string, value: unknown): unknown {
  if (typeof value === 'function' || (name === 'LOGGER' && typeof value === 'object'))
    return '[given in the file]';
  if (Array.isArray(value)) return value.map((one) => maskSetting(name, one));
  if (SETTINGS[name]?.secret) return typeof value === 'string' ? maskUrl(value) : '***';
  // A host may be written as a URL, and a URL may hold a password wherever it is written.
  if (
    typeof value !== 'string' ||
    !(value.includes('://') || (name.endsWith('_HOST') && value.includes('@')))
  )
    return value;
  return maskUrl(value);
}

/**
 * A URL without its credentials. Nothing is shown of what cannot be told for sure from a password:
 * one with an unescaped `/`, `?` or `#` has its `@` after what reads as the host.
 */
function maskUrl(text: string): string {
  const [, scheme, credentials, hosts, path, rest] =
    /^([a-z][a-z0-9+.-]*:\/\/)([^/?#]*@)?([^/?#]*)([^?#]*)(.*)$/is.exec(text) ?? [];
  if (scheme === undefined || hosts === undefined || path === undefined || rest === undefined)
    return '***';
  if (
    `${path}${rest}`.includes('@') ||
    !hosts.split(',').every((host) => URL.canParse(`${scheme}${host}${path}`))
  )
    return '***';
  return `${scheme}${credentials === undefined ? '' : '***@'}${hosts}${path}${rest === '' ? '' : `${rest[0]}***`}`;
}

/** The longest value that a fault quotes, in characters. */
const MAX_QUOTE_CHARACTERS = 100;

/**
 * A setting's value for a fault: ` but is "x"`; nothing for a secret, or where it would not help.
 */
export function quoteValue(name: string, value: unknown): string {
  if (SETTINGS[name]?.secret || typeof value === 'function') return '';
  const text = quoteShort(maskSetting(name, value));
  return text === '' || text.length > MAX_QUOTE_CHARACTERS ? '' : `, but is ${text}`;
}

/** JSON, and of numbers what JSON has no words for; nothing of an object with a cycle. */
function quoteShort(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  try {
    return JSON.stringify(value) ?? '';
  } catch {
    return '';
  }
}
