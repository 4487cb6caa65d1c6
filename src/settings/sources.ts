import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, extname, isAbsolute, join, resolve } from 'node:path';
import { tell } from '../../exporters/diagnostics/tell.js';
import type { Fault } from '../../exporters/errors.js';
import { nearest, suggestion } from '../../exporters/setup/option-rules.js';
import { SETTINGS } from './table.js';

/** One value and the place it came from: `KANEDA_ELASTIC_HOST` or a file's path. */
export interface Found {
  readonly value: unknown;
  readonly place: string;
}

const PREFIX = 'KANEDA_';
const FILES = ['kanedasettings.js', 'kanedasettings.mjs', 'kanedasettings.json'];
/** Variables of ours that are no settings. */
const RESERVED = new Set(['SETTINGS_MODULE', 'DEMO_ELASTIC_URL']);
const bare = (name: string): string => (name.startsWith(PREFIX) ? name.slice(PREFIX.length) : name);

/** Where the settings file is: named by `KANEDA_SETTINGS_MODULE` (or Kaneda's `DEFAULT_SETTINGS_ENVVAR`), else in the working directory, else none. */
export function settingsFile(
  cwd: string,
  env: NodeJS.ProcessEnv,
  faults: Fault[],
): string | undefined {
  const variable = env.KANEDA_SETTINGS_MODULE
    ? 'KANEDA_SETTINGS_MODULE'
    : 'DEFAULT_SETTINGS_ENVVAR';
  const named = env[variable];
  if (!named) return FILES.map((name) => join(cwd, name)).find((path) => existsSync(path));
  const path = isAbsolute(named) ? named : resolve(cwd, named);
  const found = [path, ...['.js', '.mjs', '.json'].map((extension) => path + extension)].find(
    (one) => extname(one) !== '' && existsSync(one),
  );
  if (found === undefined) {
    faults.push({
      path: variable,
      reason: `there is no file ${path}`,
      remedy: `create it, or correct or unset ${variable}`,
    });
  }
  return found;
}

/** The settings in a file: its default export or, without one, its named ones. Names may carry the prefix. */
export function fromFile(path: string, faults: Fault[]): Map<string, Found> {
  const found = new Map<string, Found>();
  for (const [written, value] of Object.entries(load(path, faults))) {
    const name = bare(written);
    if (Object.hasOwn(SETTINGS, name)) {
      if (value !== undefined && value !== null) found.set(name, { value, place: path });
    } else if (/^[A-Z][A-Z0-9_]*$/.test(written)) {
      faults.push({
        path: `${written} (${path})`,
        reason: 'unknown',
        remedy: suggestion(name, Object.keys(SETTINGS)),
      });
    } else {
      faults.push({
        path: `${written} (${path})`,
        reason: 'unknown',
        remedy: 'settings are written in capitals; remove it',
      });
    }
  }
  return found;
}

function load(path: string, faults: Fault[]): Record<string, unknown> {
  let loaded: unknown;
  let json: string | undefined;
  try {
    if (extname(path) === '.json') json = readFileSync(path, 'utf8');
    loaded =
      json === undefined ? createRequire(join(dirname(path), 'settings'))(path) : JSON.parse(json);
  } catch (error) {
    // Never the error's own text: a parser quotes the file, and the file holds passwords.
    const kind = error instanceof Error ? error.name : 'error';
    const code = (error as NodeJS.ErrnoException)?.code;
    const remedy =
      json !== undefined
        ? `correct its JSON${faultPlace(json, error)}`
        : extname(path) === '.json'
          ? 'make it a file that this process may read'
          : code === 'ERR_REQUIRE_ASYNC_MODULE'
            ? 'remove its top-level await: settings are read at once'
            : 'make it load by itself with node';
    faults.push({ path, reason: `cannot be read (${code ?? kind})`, remedy });
    return {};
  }
  const module = loaded as { default?: unknown } | null;
  const settings =
    module !== null && typeof module === 'object' && isRecord(module.default)
      ? module.default
      : module;
  if (!isRecord(settings)) {
    faults.push({ path, reason: 'holds no settings', remedy: 'export an object of settings' });
    return {};
  }
  return Object.fromEntries(
    Object.entries(settings).filter(
      ([name]) => name !== 'default' && name !== 'module.exports' && name !== '__esModule',
    ),
  );
}

/** Where the parser stopped, if it says so; not what it found there. */
function faultPlace(json: string, error: unknown): string {
  const said = error instanceof Error ? error.message : '';
  const position = / at position (\d+)/.exec(said)?.[1];
  if (position === undefined) return said.startsWith('Unexpected end') ? ': it ends too early' : '';
  const lines = json.slice(0, Number(position)).split('\n');
  return ` at line ${lines.length}, column ${lines.at(-1)!.length + 1}`;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

let strangersSaid = false;

/** The settings in the environment. An empty variable counts as not set; unknown names that resemble a known one are faults. */
export function fromEnvironment(env: NodeJS.ProcessEnv, faults: Fault[]): Map<string, Found> {
  const found = new Map<string, Found>();
  const strangers: string[] = [];
  for (const [variable, text] of Object.entries(env)) {
    if (!variable.startsWith(PREFIX) || text === undefined) continue;
    const name = bare(variable);
    const setting = Object.hasOwn(SETTINGS, name) ? SETTINGS[name] : undefined;
    if (setting !== undefined) {
      if (text !== '') found.set(name, { value: setting.type.parse(text), place: variable });
    } else if (!RESERVED.has(name)) {
      const near = orchestrated(name) ? undefined : nearest(name, Object.keys(SETTINGS));
      if (near === undefined) strangers.push(variable);
      else
        faults.push({
          path: variable,
          reason: 'unknown',
          remedy: `did you mean ${PREFIX}${near}?`,
        });
    }
  }
  if (strangers.length > 0 && !strangersSaid) {
    strangersSaid = true;
    tell({
      code: 'KANEDA_SETTINGS',
      message: `kaneda-otel: ignored, no settings of ours: ${strangers.sort().join(', ')}`,
    });
  }
  return found;
}

/** Kubernetes puts the address of a service called kaneda into variables of this form. */
const orchestrated = (name: string): boolean => /^(SERVICE_(HOST|PORT)|PORT)(_|$)/.test(name);
