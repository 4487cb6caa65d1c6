import { randomUUID } from 'node:crypto';
import type { Report } from '../../../../exporters/reports/report.js';
import type { EventData } from '../protocol.js';
import { kindOf, tagPairs, tagText } from './classify.js';
import { Metric } from './metric.js';

/** Series beyond this are counted, not kept. */
const MAX_SERIES = 5_000;
/** Steps of all series together; with more of them, steps become longer. */
const MAX_TOTAL_STEPS = 200_000;
/** With a span of more steps than this, steps become longer. */
const MAX_SPAN_STEPS = 360;
/** The newest events are kept. */
const MAX_EVENTS = 500;

/**
 * The data recorded lately: series in steps of time, and events. The memory is bounded, however
 * much was recorded.
 */
export class Recent {
  /**
   * Changes when the steps or lines do, so that a page with an old copy asks for everything again.
   */
  epoch: string = randomUUID();
  revision = 0;
  step: number;
  readonly metrics = new Map<string, Metric>();
  readonly events: (EventData & { readonly revision: number })[] = [];
  /** Reports of series that are not kept. */
  hidden = 0;
  /** Milliseconds since the epoch, of the oldest and newest report. */
  oldest = Number.POSITIVE_INFINITY;
  newest = Number.NEGATIVE_INFINITY;
  #ids = 1;
  #series = 0;
  #steps = 0;

  /** `step`: milliseconds, to begin with. */
  constructor(step: number) {
    this.step = step;
  }

  /** Takes in reports that have not been seen before. */
  add(reports: readonly Report[]): void {
    if (reports.length === 0) return;
    this.revision += 1;
    for (const report of reports) this.#add(report);
    while (this.#steps > MAX_TOTAL_STEPS || this.#span() > MAX_SPAN_STEPS) this.#coarsen();
  }

  /** Forgets what lies before a time (milliseconds since the epoch). */
  forget(before: number): void {
    if (before <= this.oldest) return;
    this.oldest = before;
    const first = Math.floor(before / this.step);
    // What is left has other totals, which a page must be told.
    this.revision += 1;
    for (const [key, metric] of this.metrics) {
      for (const [name, series] of metric.series) {
        const steps = series.steps.size;
        if (!series.forget(first)) this.#drop(metric, name);
        if (steps === series.steps.size) continue;
        this.#steps -= steps - series.steps.size;
        metric.revision = this.revision;
      }
      if (metric.series.size === 0) this.metrics.delete(key);
    }
    const kept = this.events.findIndex(({ time }) => time >= before);
    this.events.splice(0, kept < 0 ? this.events.length : kept);
  }

  /** Chooses again which lines of each metric stand alone: the largest by now. */
  regroup(): void {
    for (const metric of this.metrics.values()) metric.regroup();
    this.epoch = randomUUID();
  }

  #add(report: Report): void {
    const at = report.timestamp.getTime();
    if (!Number.isFinite(at)) return;
    this.oldest = Math.min(this.oldest, at);
    this.newest = Math.max(this.newest, at);
    const kind = kindOf(report);
    if (kind === 'event') {
      this.#addEvent(report, at);
      return;
    }
    const key = JSON.stringify([report.name, report.metric, report.unit]);
    let metric = this.metrics.get(key);
    if (metric === undefined) {
      metric = new Metric(this.#ids++, kind, report);
      this.metrics.set(key, metric);
    }
    const found = metric.seriesOf(report, this.#series < MAX_SERIES);
    if (found === undefined) {
      this.hidden += 1;
      return;
    }
    if (found.added) this.#series += 1;
    const steps = found.series.steps.size;
    found.series.add(report, this.step, this.revision);
    this.#steps += found.series.steps.size - steps;
    metric.revision = this.revision;
  }

  #addEvent(report: Report, time: number): void {
    const text =
      typeof report.value === 'string' ? report.value : JSON.stringify(report.value ?? '');
    const { id, name } = report;
    const tags = tagText(tagPairs(report));
    const after = this.events.findLastIndex((event) => event.time <= time);
    this.events.splice(after + 1, 0, { id, name, time, text, tags, revision: this.revision });
    if (this.events.length > MAX_EVENTS) this.events.shift();
  }

  #drop(metric: Metric, name: string): void {
    metric.series.delete(name);
    metric.regroup();
    this.epoch = randomUUID();
    this.#series -= 1;
  }

  #span(): number {
    return this.newest > this.oldest ? (this.newest - this.oldest) / this.step : 0;
  }

  #coarsen(): void {
    this.step *= 2;
    this.epoch = randomUUID();
    this.#steps = 0;
    for (const metric of this.metrics.values()) {
      for (const series of metric.series.values()) {
        series.coarsen();
        this.#steps += series.steps.size;
      }
    }
  }
}
