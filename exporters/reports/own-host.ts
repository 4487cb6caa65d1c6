import { hostname } from 'node:os';
import { readIfPermitted } from '../problems/permissions.js';

let own: string | undefined;

/** This machine's name; `unknown` where the program may not ask. */
export function ownHost(): string {
  own ??= readIfPermitted(hostname, 'unknown');
  return own;
}
