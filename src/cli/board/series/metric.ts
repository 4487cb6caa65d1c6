import { instanceOf, type Report } from '../../../../exporters/reports/report.js';
import type { By, Kind } from '../protocol.js';
import { tagPairs } from './classify.js';
import { Grouping } from './grouping.js';
import { Series } from './series.js';

/** More values than this of one tag are too many to be chosen as lines. */
const MAX_VALUES = 50;

/** All series of one name, kind and unit. */
export class Metric {
  readonly name: string;
  readonly metric: string;
  readonly unit: string | undefined;
  readonly series = new Map<string, Series>();
  readonly #groupings = new Map<By, Grouping>();
  readonly #values = new Map<string, Set<string>>();
  readonly #instances = new Set<string>();
  revision = 0;

  constructor(
    readonly id: number,
    readonly kind: Kind,
    { name, metric, unit }: Report,
  ) {
    this.name = name;
    this.metric = metric;
    this.unit = unit;
  }

  /** Finds or makes the series of a report; `mayAdd`: false where there are too many already. */
  seriesOf(report: Report, mayAdd: boolean): { series: Series; added: boolean } | undefined {
    const key = JSON.stringify([instanceOf(report), tagPairs(report)]);
    const known = this.series.get(key);
    if (known !== undefined || !mayAdd) return known && { series: known, added: false };
    const series = new Series(this.kind, report);
    this.series.set(key, series);
    this.#instances.add(series.instance);
    for (const [tag, value] of series.tags) {
      const values = this.#values.get(tag) ?? new Set();
      this.#values.set(tag, values.add(value));
    }
    for (const grouping of this.#groupings.values()) grouping.add(series);
    return { series, added: true };
  }

  /** The ways in which the series can become lines; the first is the one that is taken unasked. */
  get choices(): By[] {
    const tags = [...this.#values]
      .filter(([, values]) => values.size > 1 && values.size <= MAX_VALUES)
      .map(([tag]): By => `tag:${tag}`);
    const instance: By[] = this.#instances.size > 1 ? ['instance'] : [];
    if (this.kind === 'gauge') return ['each'];
    const [first, second]: By[] = this.kind === 'timing' ? ['none', 'each'] : ['each', 'none'];
    return [first!, second!, ...tags, ...instance];
  }

  /** The series as lines. */
  grouping(by: By): Grouping {
    let grouping = this.#groupings.get(by);
    if (grouping === undefined) {
      grouping = new Grouping(by, this.kind, this.series.values());
      this.#groupings.set(by, grouping);
    }
    return grouping;
  }

  /** Chooses the lines again that stand alone. */
  regroup(): void {
    this.#groupings.clear();
  }
}
