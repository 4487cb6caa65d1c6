import { sizeOf } from './estimated-size.js';
import type { PointIds } from './point-ids.js';
import type { Point, PointStream } from './point-stream.js';
import type { Report } from './report.js';
import type { Unmade } from './unmade.js';
import { reasonOf } from './value-policy.js';

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
   * @param ids goes on to behind the last point.
   * @param rejected told why a point makes no report.
   */
  constructor(stream: PointStream, from: number, to: number, ids: PointIds, rejected: Rejected) {
    this.#stream = stream;
    this.#from = from;
    this.#to = to;
    this.#ids = ids.copy();
    let count = 0;
    let size = 0;
    this.#each(ids, rejected, (point, value) => {
      if (count++ === 0) size = this.#sizeOf(point, value);
    });
    this.count = count;
    this.bytes = count * size;
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

  /** The size of one report; those of a metric are much alike. */
  #sizeOf(point: Point, value: Point['value']): number {
    try {
      return sizeOf(this.#stream.report(point, value, ''));
    } catch {
      return 0;
    }
  }
}
