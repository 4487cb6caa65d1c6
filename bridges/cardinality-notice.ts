import { tellProblem } from './cells/tell-problem.js';

/**
 * OpenTelemetry's limit of series an instrument, where neither a reader nor a View sets another;
 * one of them is the overflow.
 */
const DEFAULT_LIMIT = 2000;

/**
 * Warns once that an instrument has more series than OpenTelemetry keeps apart by default. The
 * limit in force cannot be asked for.
 */
export class CardinalityNotice {
  #warned = false;

  /** Looks at an instrument's number of series. */
  look(name: string, series: number): void {
    if (this.#warned || series < DEFAULT_LIMIT) return;
    this.#warned = true;
    tellProblem(
      'KANEDA_CARDINALITY',
      `${JSON.stringify(name)} has ${series} series. OpenTelemetry keeps ${DEFAULT_LIMIT} of an instrument apart by default; those past ` +
        'it share one point with the attribute otel.metric.overflow, where sums and timings are complete and a gauge is the last one set. ' +
        "Keep ids out of tags, or raise the reader's cardinalityLimits. Shown once",
    );
  }
}
