import type { MeterProvider } from '@opentelemetry/api';
import type { CellStore } from '../../bridges/cells/store.js';
import { isExporter } from '../../exporters/delivery/internals.js';
import { SettingsError } from '../../exporters/errors.js';
import type { Fault, OptionFault } from '../../exporters/faults.js';
import type { OnProblem } from '../../exporters/problems/problem.js';
import type { ReportQueue } from '../../exporters/queues/report-queue.js';
import type { ReportExporter } from '../../exporters/report-exporter.js';
import { textLimitRule } from '../../exporters/reports/text-limit.js';
import {
  checkOptions,
  type OptionRule,
  type OptionRules,
  rules,
} from '../../exporters/setup/option-rules.js';
import type { LoggerProvider } from '../pipeline/logs-api.js';

/**
 * Options of a `Metrics`. `backend`, `queue` and `meterProvider` exclude each other; with none of
 * them the settings decide, else the global MeterProvider.
 */
export interface MetricsOptions {
  /** The store, or several, that reports go straight to. */
  backend?: ReportExporter | readonly ReportExporter[];
  /** The queue that reports go to, for a worker to store. */
  queue?: ReportQueue;
  /** An OpenTelemetry set-up that exists already. */
  meterProvider?: MeterProvider;
  /** The LoggerProvider of events when `meterProvider` is given; default: the global one. */
  loggerProvider?: LoggerProvider;
  /**
   * One report per series and interval (default), or one per call; the latter needs a backend or a
   * queue.
   */
  mode?: 'aggregate' | 'individual';
  /** Milliseconds from one collection to the next; default 10,000. */
  exportInterval?: number;
  /**
   * `false`: nothing is recorded and nothing is connected, settings are not read. The options are
   * checked. Default true.
   */
  enabled?: boolean;
  /**
   * The name of this process in each report, as `service.instance.id`; default: that of
   * `OTEL_RESOURCE_ATTRIBUTES`, else host and process id. On providers of the application's their
   * own resource names it.
   */
  instance?: string;
  /** The store of the numbers; default: the heap. */
  cells?: CellStore;
  /**
   * Distinct values of one tag key in one metric, past which they fold into `__other__`; default
   * 1,000.
   */
  tagLimit?: number;
  /**
   * Distinct lists of tags in one metric, past which further ones fold into `['__other__']`;
   * default 1,000.
   */
  listLimit?: number;
  /**
   * Names of counters, gauges and timings, past which calls under further ones are refused; default
   * 10,000.
   */
  nameLimit?: number;
  /**
   * UTF-8 bytes of an event's text, or of a text within a custom's value; a longer one is cut, told
   * once and counted in `ledger().cut`. Default the largest `textLimit` of its exporters, else
   * 65,536.
   */
  textLimit?: number;
  /** Milliseconds without a call after which a series is no longer exported; default: never. */
  forgetAfter?: number;
  /**
   * Takes problems (a refused call, an outage, a recovery) instead of OpenTelemetry's `diag` and
   * the process's warnings; also those of exporters and queues that have no `onProblem` themselves.
   */
  onProblem?: OnProblem;
}

const EXCLUSIVE = ['backend', 'queue', 'meterProvider'] as const;
const backend: OptionRule = (value) =>
  (Array.isArray(value) ? value.length > 0 && value.every(isExporter) : isExporter(value))
    ? undefined
    : 'must be an exporter of this package or a ReportExporter of your own, or a list of them';
const RULES: OptionRules = {
  backend,
  queue: (value) =>
    isExporter(value)
      ? rules.having('take')(value)
      : 'must be a queue of this package or a ReportQueue of your own',
  meterProvider: rules.having('getMeter'),
  loggerProvider: rules.having('getLogger'),
  mode: rules.oneOf('aggregate', 'individual'),
  exportInterval: rules.milliseconds,
  cells: rules.having('family', 'observe'),
  tagLimit: rules.count,
  listLimit: rules.count,
  nameLimit: rules.count,
  textLimit: textLimitRule,
  forgetAfter: rules.positive,
  onProblem: rules.function,
  enabled: rules.boolean,
  instance: rules.text,
};

/** The options that settings can give. */
export type SettledBySettings = Pick<
  MetricsOptions,
  'backend' | 'queue' | 'mode' | 'exportInterval' | 'instance'
>;

/**
 * Checks the options of a `Metrics`, and completes them from the settings if they say nothing about
 * where reports go. An option that is `undefined` is not given.
 * @throws SettingsError with all faults at once, and what reading the settings throws.
 */
export function completeOptions(
  options: MetricsOptions,
  settings: () => SettledBySettings,
): MetricsOptions {
  const faults: (Fault | OptionFault)[] = checkOptions(options, RULES);
  const isObject = typeof options === 'object' && options !== null;
  if (isObject) faults.push(...conflicts(options));
  if (faults.length > 0) throw new SettingsError('new Metrics', faults);
  if (options.enabled === false) return options;
  if (EXCLUSIVE.some((name) => options[name] !== undefined)) return options;
  const given = Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  );
  const settled: MetricsOptions = { ...settings(), ...given };
  if (
    settled.mode === 'individual' &&
    settled.backend === undefined &&
    settled.queue === undefined
  ) {
    throw new SettingsError('new Metrics', [INDIVIDUAL]);
  }
  return settled;
}

const INDIVIDUAL: Fault = {
  path: 'mode',
  reason: "'individual' needs a backend or a queue",
  remedy: "give one, or use mode 'aggregate'",
};

function conflicts(options: MetricsOptions): Fault[] {
  const faults: Fault[] = [];
  const given = EXCLUSIVE.filter((name) => options[name] !== undefined);
  if (given.length > 1) {
    faults.push({
      path: given.join(', '),
      reason: 'exclude each other',
      remedy: `keep one of ${given.join(' and ')}`,
    });
  }
  if (options.loggerProvider !== undefined && options.meterProvider === undefined) {
    const remedy =
      'give the meterProvider too, or leave it out: events then go to the backend or to the global LoggerProvider';
    faults.push({ path: 'loggerProvider', reason: 'goes with meterProvider only', remedy });
  }
  if (options.mode === 'individual' && options.meterProvider !== undefined) faults.push(INDIVIDUAL);
  return faults;
}
