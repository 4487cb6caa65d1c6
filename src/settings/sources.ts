import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, extname, isAbsolute, join, resolve } from 'node:path';
import { TextDecoder } from 'node:util';
import type { Fault } from '../../exporters/errors.js';
import { readIfPermitted } from '../../exporters/problems/permissions.js';
import { tell } from '../../exporters/problems/tell.js';
import { isRecord } from '../../exporters/reports/is-record.js';
import { isKubernetesVariable, nearSettings, suggestSettings } from './near-names.js';
import { SETTINGS } from './table.js';

/** One value and the place it came from: `KANEDA_ELASTIC_HOST` or a file's path. */
export interface Found {
  readonly value: unknown;
  readonly place: string;
}

const PREFIX = 'KANEDA_';
const FILES = ['kanedasettings.js', 'kanedasettings.mjs', 'kanedasettings.json'];
/** Variables of ours that are not settings. */
const RESERVED = new Set(['SETTINGS_MODULE', 'DEMO_ELASTIC_URL']);
const bare = (name: string): string => (name.startsWith(PREFIX) ? name.slice(PREFIX.length) : name);

/**
 * The path of the settings file: named by `KANEDA_SETTINGS_MODULE` (or Kaneda's
 * `DEFAULT_SETTINGS_ENVVAR`), else in the working directory, else none.
 */
export function settingsFile(
  cwd: string,
  env: NodeJS.ProcessEnv,
  faults: Fault[],
): string | undefined {
  const variable = env.KANEDA_SETTINGS_MODULE?.trim()
    ? 'KANEDA_SETTINGS_MODULE'
    : 'DEFAULT_SETTINGS_ENVVAR';
  const named = env[variable]?.trim();
  if (!named) return FILES.map((name) => join(cwd, name)).find(isThere);
  const path = isAbsolute(named) ? named : resolve(cwd, named);
  const found = [path, ...['.js', '.mjs', '.json'].map((extension) => path + extension)].find(
    (one) => extname(one) !== '' && isThere(one),
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

const isThere = (path: string): boolean => readIfPermitted(() => existsSync(path), false);

/**
 * The settings in a file: its default export or, without one, its named ones. Names may carry the
 * prefix.
 */
export function fromFile(path: string, faults: Fault[]): Map<string, Found> {
  return fromValues(load(path, faults), path, faults);
}

/**
 * The settings in an object. Names may carry the prefix.
 * @param path the place it comes from, for messages.
 */
export function fromValues(
  values: Readonly<Record<string, unknown>>,
  path: string,
  faults: Fault[],
): Map<string, Found> {
  const found = new Map<string, Found>();
  for (const [written, value] of Object.entries(values)) {
    const name = bare(written);
    if (Object.hasOwn(SETTINGS, name)) {
      if (value !== undefined && value !== null)
        found.set(name, { value: withoutLineEnd(name, value), place: path });
    } else if (/^[A-Z][A-Z0-9_]*$/.test(written)) {
      faults.push({
        path: `${written} (${path})`,
        reason: 'unknown',
        remedy: suggestSettings(name),
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
    if (extname(path) === '.json') json = decodeText(readFileSync(path));
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
            ? 'remove its top-level await: settings are loaded synchronously'
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

/** The position at which the parser stopped, if it gives one; not the text that it found there. */
function faultPlace(json: string, error: unknown): string {
  const message = error instanceof Error ? error.message : '';
  const position = / at position (\d+)/.exec(message)?.[1];
  if (position === undefined)
    return message.startsWith('Unexpected end') ? ': it ends too early' : '';
  const lines = json.slice(0, Number(position)).split('\n');
  return ` at line ${lines.length}, column ${lines.at(-1)!.length + 1}`;
}

let warnedOfIgnored = false;

/**
 * The settings in the environment. An empty variable counts as not set; unknown names that resemble
 * a known one are faults.
 * @param ignored takes the other unknown names.
 */
export function fromEnvironment(
  env: NodeJS.ProcessEnv,
  faults: Fault[],
  ignored: string[],
): Map<string, Found> {
  const found = new Map<string, Found>();
  for (const [variable, text] of Object.entries(env)) {
    if (!variable.startsWith(PREFIX) || text === undefined) continue;
    const name = bare(variable);
    const setting = Object.hasOwn(SETTINGS, name) ? SETTINGS[name] : undefined;
    if (setting !== undefined) {
      const value = variableText(name, variable, text, faults);
      if (value !== '') found.set(name, { value: setting.type.parse(value), place: variable });
    } else if (!RESERVED.has(name)) {
      const near = isKubernetesVariable(name) ? [] : nearSettings(name);
      if (near.length === 0) ignored.push(variable);
      else
        faults.push({
          path: variable,
          reason: 'unknown',
          remedy: `did you mean ${near.map((one) => PREFIX + one).join(' or ')}?`,
        });
    }
  }
  tellIgnored(ignored.sort());
  return found;
}

function tellIgnored(variables: readonly string[]): void {
  if (variables.length === 0 || warnedOfIgnored) return;
  warnedOfIgnored = true;
  tell({
    code: 'KANEDA_SETTINGS',
    message: `kaneda-otel: ignored, because no settings have these names: ${variables.join(', ')}`,
  });
}

/**
 * The text of a variable without blanks and line breaks around it, which nobody means; a password
 * is taken as it is. Quotation marks around it are a fault: a shell would have removed them.
 */
function variableText(name: string, variable: string, given: string, faults: Fault[]): string {
  if (isPassword(name)) return given;
  const text = given.trim();
  const inner = /^(["'])(.*)\1$/s.exec(text)?.[2];
  if (inner === undefined) return text;
  faults.push({
    path: variable,
    reason: 'has quotation marks around it',
    remedy:
      "remove them: files that no shell reads, such as docker's --env-file, keep them in the value",
  });
  return inner;
}

const isPassword = (name: string): boolean => name.endsWith('PASSWORD');

/**
 * A text without the line break that `echo` and many files put at its end. A password's is a fault
 * of its own: it may be meant.
 */
function withoutLineEnd(name: string, value: unknown): unknown {
  return typeof value === 'string' && !isPassword(name) ? value.replace(/[\r\n]+$/, '') : value;
}

/** Text with or without a byte order mark; some editors and shells write UTF-16. */
function decodeText(bytes: Buffer): string {
  const [first, second] = bytes;
  const encoding =
    first === 0xff && second === 0xfe
      ? 'utf-16le'
      : first === 0xfe && second === 0xff
        ? 'utf-16be'
        : 'utf-8';
  return new TextDecoder(encoding).decode(bytes);
}
