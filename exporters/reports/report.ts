import type { Deltas } from './cumulative-to-delta.js';
import type { Distribution } from './distribution.js';
import { ownHost } from './own-host.js';
import { ownInstance } from './own-instance.js';
import { capText, LIMITS, type TextPolicy } from './value-policy.js';

/**
 * The one record that stores and queues know: what was measured, when, where. Times are dates, ids
 * are UUIDs unless the caller gave one.
 */
export interface Report {
  /** The same report delivered twice has the same id. */
  id: string;
  /** `user.profile.views` */
  name: string;
  /** `gauge`, `counter`, `timing`, `histogram`, `event` or the custom metric's own type. */
  metric: string;
  /**
   * Kaneda's `value`; a bigint where a number would not be exact. For an aggregated timing or
   * histogram, the mean.
   */
  value?: number | bigint | string | boolean | null | object;
  /**
   * The fields that Kaneda unpacks beside the name: a custom's own fields, or `count`, `sum`,
   * `min`, `max`, `mean` and percentiles of a timing.
   */
  fields?: Record<string, unknown>;
  /**
   * The distribution of the values of an aggregated timing or histogram. Distributions add up;
   * percentiles do not.
   */
  distribution?: Distribution;
  /** The tags of the call: a record, or a list of texts. */
  tags?: readonly string[] | Record<string, string | number | boolean>;
  /** The instrument's unit where there is one: `s`, `ms`, `By`. */
  unit?: string;
  /** The moment of the event or call; of an aggregate, the end of its interval. */
  timestamp: Date;
  /** The start of the interval whose sum or distribution this is. */
  startTimestamp?: Date;
  /** The machine that recorded it: the resource's `host.name`, else the system's name. */
  host: string;
  /**
   * The process that recorded it: the resource's `service.instance.id`, else `host:pid`. Reports of
   * Kaneda's own and of older versions have none.
   */
  instance?: string;
  /** The application's name: the option `appName`, else the resource's `service.name`. */
  appName?: string;
  /**
   * The data that one exporter adds for its own use. Plain data, which waits in that exporter's
   * outbox with the report and goes nowhere else.
   */
  extra?: object;
}

/** A copy without the buckets; a report that has none as it is. */
export function withoutDistribution(report: Report): Report {
  if (report.distribution === undefined) return report;
  const { distribution: _, ...rest } = report;
  return rest;
}

/** The settings of a conversion. */
export interface Conversion {
  /** The application's name in each report, instead of the resource's `service.name`. */
  readonly appName: string | undefined;
  /** Takes each reason for which something could not become a report. */
  readonly rejected: (reason: string, of: 'point' | 'record') => void;
  /**
   * @internal Remembers cumulative series, so that their reports are what was added since the last
   * one.
   */
  readonly deltas: Deltas | undefined;
  /** @internal Default: texts are cut at 64 KiB without a warning. */
  readonly texts?: TextPolicy | undefined;
}

/** A conversion that can pause anywhere. */
export interface Steps {
  /** Takes the next data point or record, which may add a report; `false` if there is none. */
  step(into: Report[]): boolean;
}

/** The origin of a report. */
export interface Origin {
  readonly host: string;
  readonly instance: string;
  readonly appName: string | undefined;
}

/** The process that a report is from; its host, where a queue or an old report names no process. */
export const instanceOf = ({ instance, host }: Pick<Report, 'instance' | 'host'>): string =>
  instance ?? host;

/**
 * Host, instance and application of a resource; OpenTelemetry's placeholder for an unnamed service
 * does not count as a name.
 */
export function originOf(
  resource: { readonly attributes: Readonly<Record<string, unknown>> } | undefined,
  appName: string | undefined,
): Origin {
  const host = resource?.attributes['host.name'];
  const service = resource?.attributes['service.name'];
  const instance = resource?.attributes['service.instance.id'];
  const named =
    typeof service === 'string' && service !== '' && !service.startsWith('unknown_service');
  return {
    host: typeof host === 'string' && host !== '' ? host : ownHost(),
    instance:
      typeof instance === 'string' && instance !== ''
        ? capText(instance, LIMITS.tagBytes)
        : ownInstance(),
    appName: appName ?? (named ? service : undefined),
  };
}
