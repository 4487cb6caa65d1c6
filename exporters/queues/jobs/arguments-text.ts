import { pythonRepr } from '../../reports/python-repr.js';

/**
 * A job's arguments as Python would print them, for people who look at the queue: a tuple, cut
 * where it grows beyond `limit` characters.
 */
export function argumentsText(args: readonly unknown[], limit: number): string {
  let text = '';
  for (const arg of args) {
    text += `${text === '' ? '' : ', '}${pythonRepr(arg)}`;
    if (text.length > limit) return `(${text.slice(0, limit).toWellFormed()}...)`;
  }
  return `(${text})`;
}
