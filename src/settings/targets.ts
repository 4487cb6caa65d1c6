import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Fault } from '../../exporters/errors.js';
import { nearest } from '../../exporters/setup/option-rules.js';
import { maskSetting } from './mask.js';
import { QUEUES, STORES } from './table.js';

/**
 * `kaneda.backends.ElasticsearchBackend`, `ElasticsearchBackend` and `elasticsearch` are one name.
 */
export function knownName<T>(names: ReadonlyMap<string, T>, value: unknown): T | undefined {
  if (typeof value !== 'string') return undefined;
  const last = value.startsWith('kaneda.') ? value.slice(value.lastIndexOf('.') + 1) : value;
  return names.get(last.toLowerCase());
}

/**
 * The file of a module of the user's own, by a path relative to `base` or by its package's name;
 * undefined when there is none.
 */
export function ownModule(value: string, base: string): string | undefined {
  const require = createRequire(join(base, 'settings'));
  for (const specifier of [value, `./${value}`]) {
    try {
      return require.resolve(specifier);
    } catch {
      // Kaneda's users write paths without ./ too: the next spelling is tried.
    }
  }
  return undefined;
}

/** The default export of a module of the user's own. Throws what the module throws. */
export function loadOwn(path: string): unknown {
  const module = createRequire(path)(path) as { default?: unknown };
  return module?.default ?? module;
}

/**
 * The fault of a BACKEND or QUEUE that is neither a known name nor a module; undefined when it is
 * one. A class, as a JavaScript file may give it, is one.
 */
export function targetFault(
  name: 'BACKEND' | 'QUEUE',
  value: unknown,
  base: string,
  path: string,
): Fault | undefined {
  const known: ReadonlyMap<string, string> =
    name === 'QUEUE' ? QUEUES : new Map<string, string>([...STORES, ...QUEUES]);
  if (
    typeof value !== 'string' ||
    knownName(known, value) !== undefined ||
    ownModule(value, base) !== undefined
  )
    return undefined;
  const shown = JSON.stringify(maskSetting(name, value));
  const ours = [...new Set((name === 'QUEUE' ? QUEUES : STORES).values())];
  if (name === 'QUEUE' && knownName(STORES, value) !== undefined) {
    return {
      path,
      reason: `${shown} is a store, not a queue`,
      remedy: `set BACKEND to it; a queue is one of ${ours.join(', ')}`,
    };
  }
  // A path is not a misspelled name.
  const near = /[\\/]/.test(value)
    ? undefined
    : nearest(value.slice(value.lastIndexOf('.') + 1), [...known.keys()]);
  const remedy =
    near === undefined
      ? `use one of ${ours.join(', ')}, or the path or package of your own`
      : `did you mean ${knownName(known, near)}?`;
  return {
    path,
    reason: `${shown} is neither a known name nor a module that can be found`,
    remedy,
  };
}
