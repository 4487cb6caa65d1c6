import type { BoardData, EventData, LineData, MetricData } from '../protocol.js';

/** Values of a line by time. */
export class LineHistory {
  readonly #steps = new Map<number, Readonly<Record<string, number | null>>>();
  first = Number.POSITIVE_INFINITY;

  constructor(readonly label: string) {}

  add({ times, columns }: LineData): void {
    const names = Object.keys(columns);
    times.forEach((time, i) => {
      this.first = Math.min(this.first, time);
      this.#steps.set(time, Object.fromEntries(names.map((name) => [name, columns[name]![i]!])));
    });
  }

  at(time: number): Readonly<Record<string, number | null>> | undefined {
    return this.#steps.get(time);
  }

  forget(before: number): void {
    // Nearly in the order of their times: what comes late is forgotten a little later.
    for (const time of this.#steps.keys()) {
      if (time >= before) return;
      this.#steps.delete(time);
    }
  }
}

/** A metric and its lines. */
export interface MetricHistory {
  data: MetricData;
  readonly lines: Map<string, LineHistory>;
  /** Another one whenever something changed. */
  revision: number;
}

/** The data that the page has received so far. */
export class History {
  epoch = '';
  revision = 0;
  from = 0;
  to = 0;
  step = 10_000;
  newest: number | null = null;
  hidden = 0;
  readonly metrics = new Map<number, MetricHistory>();
  events: EventData[] = [];
  #changes = 0;

  /** Takes in an answer of the server. */
  take(data: BoardData): void {
    if (data.full) this.forget();
    Object.assign(this, {
      epoch: data.epoch,
      revision: data.revision,
      from: data.from,
      to: data.to,
      step: data.step,
      newest: data.newest,
      hidden: data.hidden,
    });
    for (const metric of data.metrics) this.#takeMetric(metric);
    const known = new Set(this.events.map(({ id }) => id));
    this.events.push(...data.events.filter(({ id }) => !known.has(id)));
    this.events = this.events
      .filter(({ time }) => time >= data.from)
      .sort((a, b) => a.time - b.time);
    for (const { lines } of this.metrics.values())
      for (const line of lines.values()) line.forget(data.from - data.step);
  }

  /** Forgets everything: the next answer is to be a full one. */
  forget(): void {
    this.revision = 0;
    this.metrics.clear();
    this.events = [];
  }

  /** The times of all steps that are shown. */
  get times(): number[] {
    const first = Math.ceil(this.from / this.step) * this.step;
    const length = Math.max(0, Math.floor((this.to - first) / this.step) + 1);
    return Array.from({ length }, (_, i) => first + i * this.step);
  }

  #takeMetric(data: MetricData): void {
    let metric = this.metrics.get(data.id);
    if (metric === undefined) {
      metric = { data, lines: new Map(), revision: 0 };
      this.metrics.set(data.id, metric);
    }
    metric.data = data;
    metric.revision = ++this.#changes;
    for (const line of data.lines) {
      let history = metric.lines.get(line.label);
      if (history === undefined) {
        history = new LineHistory(line.label);
        metric.lines.set(line.label, history);
      }
      history.add(line);
    }
  }
}
