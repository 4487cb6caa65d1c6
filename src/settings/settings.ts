import { dirname } from 'node:path';
import { inspect } from 'node:util';
import { type Fault, SettingsError } from '../../exporters/errors.js';
import { environment, readIfPermitted } from '../../exporters/problems/permissions.js';
import { tell } from '../../exporters/problems/tell.js';
import { assertOptions, rules } from '../../exporters/setup/option-rules.js';
import { maskSetting, quoteValue } from './mask.js';
import { baseOf, isLoaded, originsOf, remember, withOrigin } from './provenance.js';
import { type Found, fromEnvironment, fromFile, fromValues, settingsFile } from './sources.js';
import { NEEDED, QUEUES, SETTINGS, STORES } from './table.js';
import { knownName, targetFault } from './targets.js';

/**
 * Settings as they were read: each name of the reference page that has a value, `BACKEND` and
 * `QUEUE` by our own names. Printed – inspected, as JSON, as text – their secrets are masked.
 */
export class Settings {
  readonly [name: string]: unknown;

  /** @internal Made by {@link loadSettings}. */
  constructor(values: Readonly<Record<string, unknown>>) {
    Object.assign(this, values);
  }

  /** Returns the settings for JSON, secrets masked. */
  toJSON(): Record<string, unknown> {
    return Object.fromEntries(
      Object.keys(this).map((name) => [name, maskSetting(name, this[name])]),
    );
  }

  /** Returns the settings as text, secrets masked. */
  toString(): string {
    return inspect(this.toJSON());
  }

  [inspect.custom](_depth: number, options: object): string {
    return `Settings ${inspect(this.toJSON(), options)}`;
  }
}

/**
 * Reads the settings: `kanedasettings.{js,mjs,json}` in the working directory, or the file that
 * `KANEDA_SETTINGS_MODULE` names, and the `KANEDA_` variables, which win. What is needed is asked
 * for only of the store and the queue that are chosen.
 * @throws SettingsError with all faults at once, each with its place and a remedy; for faulty
 * options too.
 */
export function loadSettings(options: { cwd?: string; env?: NodeJS.ProcessEnv } = {}): Settings {
  assertOptions('loadSettings', options, { cwd: rules.text, env: rules.object });
  const { cwd = readIfPermitted(() => process.cwd(), '/'), env = environment } = options;
  const faults: Fault[] = [];
  const ignored: string[] = [];
  const file = settingsFile(cwd, env, faults);
  const base = file === undefined ? cwd : dirname(file);
  const found = new Map<string, Found>([
    ...(file === undefined ? [] : fromFile(file, faults)),
    ...fromEnvironment(env, faults, ignored),
  ]);
  return resolveSettings(found, { base, ignored, faults });
}

/**
 * Settings from an object that holds them as a settings file does; settings that were loaded are
 * given back as they are.
 * @throws SettingsError with all faults at once.
 */
export function settingsOf(values: Readonly<Record<string, unknown>>): Settings {
  if (isLoaded(values)) return values as Settings;
  const faults: Fault[] = [];
  const found = fromValues(values, 'the settings that were given', faults);
  return resolveSettings(found, { base: process.cwd(), ignored: [], faults });
}

/** Other settings that come from the same places. */
export function deriveSettings(
  settings: Settings,
  values: Readonly<Record<string, unknown>>,
): Settings {
  const made = new Settings(values);
  remember(made, { origins: originsOf(settings), base: baseOf(settings), ignored: [] });
  return made;
}

function resolveSettings(
  found: ReadonlyMap<string, Found>,
  { base, ignored, faults }: { base: string; ignored: string[]; faults: Fault[] },
): Settings {
  const values: Record<string, unknown> = {};
  const origins: Record<string, string> = {};
  for (const [name, setting] of Object.entries(SETTINGS)) {
    const preset =
      typeof setting.default === 'function' ? setting.default(values) : setting.default;
    const one = found.get(name) ?? { value: preset, place: 'default' };
    // Kaneda's own defaults are empty texts: written out in a file they mean the same as nothing.
    if (one.value === undefined || (one.value === '' && preset !== '')) continue;
    const fault = valueFault(name, one.value);
    if (fault !== undefined) faults.push({ path: withOrigin(name, one.place), ...fault });
    values[name] = one.value;
    origins[name] = one.place;
  }
  resolveTargets(values, origins, base, faults);
  faults.push(...missingFault(values, origins));
  if (faults.length > 0) throw new SettingsError('settings', faults);
  const settings = new Settings(values);
  remember(settings, { origins, base, ignored });
  return settings;
}

/** The fault of a setting's value; undefined: it is as it should be. */
function valueFault(name: string, value: unknown): Omit<Fault, 'path'> | undefined {
  const { type } = SETTINGS[name]!;
  if (name.endsWith('PASSWORD') && typeof value === 'string' && /[\r\n]/.test(value))
    return {
      reason: 'has a line break in it',
      remedy: 'remove the line break, which `echo` and many files add at the end (`printf %s`)',
    };
  const reason = type.rule(value);
  return reason === undefined
    ? undefined
    : { reason: `${reason}${quoteValue(name, value)}`, remedy: type.remedy };
}

/**
 * BACKEND and QUEUE by our own names. A queue under BACKEND, as Kaneda's documentation once has it,
 * is moved.
 */
function resolveTargets(
  values: Record<string, unknown>,
  origins: Record<string, string>,
  base: string,
  faults: Fault[],
): void {
  const misplaced = knownName(QUEUES, values.BACKEND);
  if (misplaced !== undefined && values.QUEUE === undefined) {
    tell({
      code: 'KANEDA_SETTINGS',
      message: `kaneda-otel: BACKEND names the queue ${misplaced}: it is used as QUEUE; set QUEUE instead`,
    });
    values.QUEUE = misplaced;
    origins.QUEUE = origins.BACKEND ?? 'default';
    delete values.BACKEND;
    delete origins.BACKEND;
  }
  for (const [name, known] of [
    ['BACKEND', STORES],
    ['QUEUE', QUEUES],
  ] as const) {
    if (values[name] === undefined) continue;
    const fault = targetFault(
      name,
      values[name],
      base,
      withOrigin(name, origins[name] ?? 'default'),
    );
    if (fault !== undefined) faults.push(fault);
    values[name] = knownName<string>(known, values[name]) ?? values[name];
  }
}

/**
 * The settings that the chosen store and queue require. In debug mode nothing is reached, so
 * nothing is missing.
 */
function missingFault(
  values: Readonly<Record<string, unknown>>,
  origins: Readonly<Record<string, string>>,
): Fault[] {
  if (values.DEBUG === true) return [];
  return (['BACKEND', 'QUEUE'] as const).flatMap((name) => {
    const needed = NEEDED[values[name] as keyof typeof NEEDED];
    if (needed === undefined || needed.some((one) => values[one] !== undefined)) return [];
    const chosen = `${values[name]} is chosen by ${withOrigin(name, origins[name] ?? 'default')}`;
    return [
      {
        path: needed.join(' or '),
        reason: `missing; ${chosen}`,
        remedy: `set it in the settings file, or KANEDA_${needed[0]} in the environment`,
      },
    ];
  });
}
