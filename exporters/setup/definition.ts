import { SettingsError } from '../errors.js';
import type { Fault, OptionFault } from '../faults.js';
import type { OnProblem } from '../problems/problem.js';
import { textLimitRule } from '../reports/text-limit.js';
import { type Clock, systemClock } from '../timing/clock.js';
import { anything, assertOptions, checkOptions, type OptionRules, rules } from './option-rules.js';

/** Options of every exporter and queue. */
export interface ExporterOptions {
  /**
   * The outbox, in which reports wait for the store: in memory, or with a `directory` on disk,
   * where they survive a crash. `maxBytes` bounds it, default 64 MiB, 1 GiB on disk; the oldest
   * reports make room. Two exporters of one kind that share a directory need a `name` each, which
   * stays the same from one start to the next: each delivers what it left itself.
   */
  outbox?: { maxBytes?: number; directory?: string; name?: string };
  /** Reports a write, default 1,000. */
  batchSize?: number;
  /** Milliseconds a write may take before it is given up and repeated, default 30,000. */
  writeTimeout?: number;
  /**
   * Milliseconds that connecting may take. A store's own `timeout` is the same in the unit that
   * Kaneda has; this one wins.
   */
  connectTimeout?: number;
  /** The application's name in each report, default the resource's `service.name`. */
  appName?: string;
  /**
   * UTF-8 bytes of a text in a value or field, default 65,536; a longer one is cut, told once and
   * counted in `ledger().cut`.
   */
  textLimit?: number;
  /**
   * If true, aggregated timings and histograms carry their buckets (`distribution`); default true.
   * Without buckets, their percentiles cannot be added up.
   */
  distributions?: boolean;
  /**
   * Takes problems (an outage, a refusal, a recovery) instead of OpenTelemetry's `diag` and the
   * process's warnings.
   */
  onProblem?: OnProblem;
}

/** Values that a subclass sets where its user does not. */
export interface ExporterDefaults {
  /** Reports a write, default 1,000; Elasticsearch 10,000, InfluxDB 5,000. */
  batchSize?: number;
  /** Estimated bytes a write, default 4 MiB. */
  batchBytes?: number;
  /** Milliseconds that a write may take, default 30,000. */
  writeTimeout?: number;
  /**
   * Milliseconds that `connect` may take, default 10,000. It is a least value where it is set: a
   * `connect` that also makes tables needs more time than the connection that its user has in mind.
   */
  connectTimeout?: number;
  /**
   * The connections are made by the exporter and used by it alone, so that they need not keep the
   * program running. Default false.
   */
  ownClient?: boolean;
  /** The clock of all pauses and deadlines; default: the system's. */
  clock?: Clock;
}

/** A store or queue in its own words. Everything may be left out. */
export interface ExporterDefinition<Options extends ExporterOptions = ExporterOptions> {
  /**
   * The fixed name in messages, the ledger and an outbox's directory; default the class's name,
   * which a minifier changes.
   */
  name?: string;
  /** Rules of the options beside the base's: an option without a rule is a fault. */
  rules?: OptionRules;
  /** Values that hold where the user gives none. */
  defaults?: ExporterDefaults;
  /** The faults that lie between options, each right by itself; thrown together with the others. */
  faults?(options: Options): readonly (Fault | OptionFault)[];
  /**
   * Texts that must never be shown: passwords, tokens. A function is asked each time something is
   * told.
   */
  secrets?(options: Options): readonly string[] | (() => readonly string[]);
  /** The address that reports go to, without secrets: `http://127.0.0.1:9200`. */
  target?(options: Options): string;
}

/** One MiB. */
export const MIB_BYTES = 1_048_576;
/** Milliseconds of one write, unless its store or its user says otherwise. */
export const WRITE_TIMEOUT_MS = 30_000;
const DEFAULTS = {
  batchSize: 1_000,
  batchBytes: 4 * MIB_BYTES,
  writeTimeout: WRITE_TIMEOUT_MS,
  connectTimeout: 10_000,
  ownClient: false,
  clock: systemClock,
} as const;

const BASE_RULES: OptionRules = {
  outbox: {
    maxBytes: rules.count,
    directory: rules.text,
    name: (value) =>
      typeof value === 'string' && /^[\w-]{1,64}$/.test(value)
        ? undefined
        : 'must consist of letters, digits, _ and -',
  },
  batchSize: rules.count,
  writeTimeout: rules.milliseconds,
  connectTimeout: rules.milliseconds,
  appName: rules.text,
  textLimit: textLimitRule,
  distributions: rules.boolean,
  onProblem: rules.function,
};

/** The parts of a definition, so that its author is told of a name that is misspelt. */
const DEFINITION: OptionRules = {
  name: rules.text,
  rules: rules.object,
  defaults: {
    batchSize: anything,
    batchBytes: anything,
    writeTimeout: anything,
    connectTimeout: anything,
    ownClient: anything,
    clock: anything,
  },
  faults: rules.function,
  secrets: rules.function,
  target: rules.function,
};

/** An exporter's options with everything filled in. */
export interface Setup extends Required<ExporterDefaults> {
  readonly name: string;
  readonly target: string | undefined;
  readonly secrets: () => readonly string[];
}

/**
 * Checks options by their definition and fills in what is left out.
 * @param className names a store that has no name of its own.
 * @throws SettingsError with all faults of the options, or of the definition.
 */
export function setUp(
  className: string,
  options: ExporterOptions,
  definition: ExporterDefinition,
): Setup {
  const name = definition?.name ?? (className || 'ReportExporter');
  assertOptions(name, definition, DEFINITION, 'definition');
  const faults: (Fault | OptionFault)[] = checkOptions(options, {
    ...BASE_RULES,
    ...definition.rules,
  });
  if (typeof options === 'object' && options !== null)
    faults.push(...(definition.faults?.(options) ?? []));
  if (faults.length > 0) throw new SettingsError(name, faults);
  const { defaults = {} } = definition;
  const secrets = definition.secrets?.(options) ?? [];
  return {
    ...DEFAULTS,
    ...withoutUndefined(defaults),
    ...withoutUndefined(pick(options)),
    connectTimeout: connectTimeoutOf(options, defaults),
    name,
    target: definition.target?.(options),
    secrets: typeof secrets === 'function' ? secrets : () => secrets,
  };
}

const pick = ({ batchSize, writeTimeout }: ExporterOptions) => ({ batchSize, writeTimeout });

function connectTimeoutOf(options: ExporterOptions, defaults: ExporterDefaults): number {
  if (options.connectTimeout === undefined)
    return defaults.connectTimeout ?? DEFAULTS.connectTimeout;
  return Math.max(options.connectTimeout, defaults.connectTimeout ?? 0);
}

/** Without `undefined` values. */
function withoutUndefined<T extends object>(
  values: T,
): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
