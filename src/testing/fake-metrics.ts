import { HeapCells } from '../../bridges/cells/heap-cells.js';
import type { SingleRecord } from '../../exporters/reports/single-record.js';
import { toReports } from '../../exporters/reports/to-reports.js';
import { assertOptions, rules } from '../../exporters/setup/option-rules.js';
import { Metrics } from '../metrics/metrics.js';
import type { MetricsOptions } from '../metrics/options.js';
import { Refusals } from '../metrics/refusals.js';
import { emptyLedger } from '../pipeline/ledger-sum.js';
import type { Pipeline } from '../pipeline/pipeline.js';
import { ownResource } from '../pipeline/resource.js';
import { Recorded } from './recorded.js';

/** Options of `fakeMetrics`. */
export type FakeMetricsOptions = Pick<MetricsOptions, 'onProblem'>;

/** A `Metrics` for unit tests: see {@link fakeMetrics}. */
export class FakeMetrics extends Metrics {
  /** The calls so far, those of children and handles too. */
  readonly recorded: Recorded;

  /** Made by {@link fakeMetrics}. */
  constructor(options: FakeMetricsOptions = {}) {
    assertOptions('fakeMetrics', options, { onProblem: rules.function });
    const recorded = new Recorded();
    super(options, { pipeline: recordInto(recorded), refusals: new Refusals(options.onProblem) });
    this.recorded = recorded;
  }
}

/**
 * Makes a `Metrics` for an application's unit tests: `recorded` shows each call at once. It
 * connects to nothing, reads no settings, sets no timers, and so works under fake timers. It
 * accepts and refuses calls as a real one does: see `ledger().refused`.
 * @throws SettingsError for faulty options.
 */
export function fakeMetrics(options: FakeMetricsOptions = {}): FakeMetrics {
  return new FakeMetrics(options);
}

function recordInto(recorded: Recorded): Pipeline {
  return {
    cells: new HeapCells(),
    individual: true,
    wake: () => true,
    emit(record: SingleRecord): boolean {
      record.resource = ownResource();
      recorded.add(toReports([record]));
      return true;
    },
    flush: async () => undefined,
    close: async () => undefined,
    ledger: () => ({ ...emptyLedger(), accepted: recorded.added, stored: recorded.added }),
  };
}
