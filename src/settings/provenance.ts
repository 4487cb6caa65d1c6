/**
 * The origin of settings. Kept beside them, so that a {@link Settings} holds nothing but its
 * values.
 */
interface Provenance {
  /** By name: a variable's name, a file's path, or `default`. */
  readonly origins: Readonly<Record<string, string>>;
  /**
   * The directory that paths in the settings are relative to: the settings file's, else the working
   * directory.
   */
  readonly base: string;
  /** Variables that begin as ours do and are not settings, sorted. */
  readonly ignored: readonly string[];
}

const known = new WeakMap<object, Provenance>();

export const remember = (settings: object, provenance: Provenance): void =>
  void known.set(settings, provenance);
/** Returns true for settings that were loaded by this copy of the package. */
export const isLoaded = (settings: object): boolean => known.has(settings);
export const originsOf = (settings: object): Provenance['origins'] =>
  known.get(settings)?.origins ?? {};
export const baseOf = (settings: object): string => known.get(settings)?.base ?? process.cwd();

export const ignoredBy = (settings: object): readonly string[] =>
  known.get(settings)?.ignored ?? [];

/**
 * A setting with its place, for a fault: `KANEDA_ELASTIC_PORT`, or
 * `ELASTIC_PORT (/app/kanedasettings.js)`.
 */
export const withOrigin = (name: string, origin: string): string =>
  origin.startsWith('KANEDA_') || origin === 'default'
    ? origin.replace(/^default$/, name)
    : `${name} (${origin})`;
