import { hostname } from 'node:os';
import { permitted } from '../diagnostics/permissions.js';

let own: string | undefined;

/** This machine's name; `unknown` where the program may not ask. */
export function ownHost(): string {
  own ??= permitted(hostname, 'unknown');
  return own;
}
