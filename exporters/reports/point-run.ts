import type { ExponentialHistogram, Histogram } from '@opentelemetry/sdk-metrics';
import { REPORT_BYTES, sizeOf, sizeOfDistribution, sizeOfValue } from './estimated-size.js';
import type { PointIds } from './point-ids.js';
import type { Point, PointStream } from './point-stream.js';
import type { Report } from './report.js';
import { reasonOf } from './unfit-value.js';
import type { Unmade } from './unmade.js';

type Rejected = (reason: string) => void;

/**
 * Consecutive data points of one metric whose reports are made when they are taken. A hundred
 * thousand reports that wait are as many objects that the garbage collector moves about.
 */
export class PointRun implements Unmade {
  readonly #stream: PointStream;
  readonly #from: number;
  readonly #to: number;
  /** The ids from the first point on. */
  readonly #ids: PointIds;
  readonly count: number;
  readonly bytes: number;

  /**
   * Looks at the points from one position up to another.
   * @param ids is moved past the last point.
   * @param rejected told why a point makes no report.
   */
  constructor(stream: PointStream, from: number, to: number, ids: PointIds, rejected: Rejected) {
    this.#stream = stream;
    this.#from = from;
    this.#to = to;
    this.#ids = ids.copy();
    let count = 0;
    let bytes = 0;
    let shared = 0;
    this.#each(ids, rejected, (point, value) => {
      if (count++ === 0) shared = this.#sharedSize(point, value);
      bytes += shared + sizeOfValue(point.attributes) + sizeOfBuckets(value);
    });
    this.count = count;
    this.bytes = bytes;
  }

  make(rejected: Rejected): Report[] {
    const ids = this.#ids.copy();
    const reports: Report[] = [];
    const known = (): void => undefined;
    this.#each(ids, known, (point, value) => {
      try {
        reports.push(this.#stream.report(point, value, ids.id()));
      } catch (error) {
        rejected(reasonOf(error));
      }
    });
    return reports;
  }

  /** Goes through the points that have something to report. */
  #each(
    ids: PointIds,
    rejected: Rejected,
    visit: (point: Point, value: Point['value']) => void,
  ): void {
    const points = this.#stream.metric.dataPoints as Point[];
    for (let i = this.#from; i < this.#to; i++) {
      const point = points[i]!;
      let value: Point['value'] | undefined;
      try {
        ids.next(this.#stream.timestampOf(point).getTime(), points.length - i);
        value = this.#stream.moved(point.value);
      } catch (error) {
        rejected(reasonOf(error));
        continue;
      }
      if (value !== undefined) visit(point, value);
    }
  }

  /** The size of a report beside its tags and buckets, in which those of a metric are alike. */
  #sharedSize(point: Point, value: Point['value']): number {
    try {
      const report = this.#stream.report(point, value, '');
      const { tags, distribution } = report;
      const own = distribution === undefined ? 0 : sizeOfDistribution(distribution);
      return sizeOf(report) - own - (tags === undefined ? 0 : sizeOfValue(tags));
    } catch {
      return REPORT_BYTES;
    }
  }
}

function sizeOfBuckets(value: number | Histogram | ExponentialHistogram): number {
  if (typeof value === 'number') return 0;
  if (!('buckets' in value)) return 8 * (value.positive.bucketCounts.length + 3);
  return 8 * (value.buckets.counts.length + value.buckets.boundaries.length);
}
