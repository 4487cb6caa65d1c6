import type { By, MetricData } from '../protocol.js';
import { Chart } from './chart.js';
import { make, setText } from './dom.js';
import { countText, rateText, timeText, valueText } from './format.js';
import type { History, MetricHistory } from './history.js';
import { Legend } from './legend.js';
import { drawnLines, MEASURE_NAMES, type Measure, measuresOf, textsOf } from './measures.js';
import { Select } from './select.js';

/** The user's choices for a metric. */
export interface Choice {
  /** The server's number of the metric, as last told. */
  id?: number;
  by?: By;
  all?: boolean;
  measure?: Measure;
}

/** One metric: its name, its numbers, its chart. */
export class Card {
  readonly element = make('article', 'card');
  readonly #title = make('h2', 'name');
  readonly #kind = make('span', 'kind');
  readonly #by = new Select('Lines', (by) => this.#choose({ by: by as By }));
  readonly #measure = new Select('Draw', (measure) =>
    this.#choose({ measure: measure as Measure }),
  );
  readonly #totals = make('dl', 'totals');
  readonly #figure = make('div', 'chart');
  readonly #legend = new Legend();
  readonly #more = make('button', 'more');
  readonly #chart: Chart;
  readonly #choice: Choice;
  readonly #changed: () => void;
  readonly #say: (text: string) => void;
  #metric: MetricHistory | undefined;
  #history: History | undefined;
  #drawn = '';
  #times: number[] = [];
  visible = false;

  /** `changed` is called when the user chose something that the server has to answer. */
  constructor(choice: Choice, changed: () => void, say: (text: string) => void) {
    this.#choice = choice;
    this.#changed = changed;
    this.#say = say;
    this.#figure.tabIndex = 0;
    this.#figure.setAttribute('role', 'img');
    this.#chart = new Chart(this.#figure, (index) => this.#point(index));
    this.#more.type = 'button';
    this.#more.hidden = true;
    this.#more.addEventListener('click', () => this.#choose({ all: !this.#choice.all }));
    const head = make('header', '', make('div', 'title', this.#title, this.#kind));
    head.append(make('div', 'choices', this.#measure.element, this.#by.element));
    this.element.append(head, this.#totals, this.#figure, this.#legend.element, this.#more);
  }

  /** Takes what is known by now; it is drawn when it is in sight. */
  update(metric: MetricHistory, history: History): void {
    this.#choice.id = metric.data.id;
    this.#metric = metric;
    this.#history = history;
  }

  /** Draws what changed since it was drawn. */
  draw(force = false): void {
    const [metric, history] = [this.#metric, this.#history];
    if (metric === undefined || history === undefined) return;
    const times = history.times;
    const state = `${metric.revision} ${times[0]} ${times.length} ${history.events.at(-1)?.id}`;
    if (!force && state === this.#drawn) return;
    this.#drawn = state;
    this.#times = times;
    const { data } = metric;
    const measures = measuresOf(data, data.lines.length);
    const measure = measures.find((one) => one === this.#choice.measure) ?? measures[0]!;
    this.#drawHead(data, measures, measure);
    const lines = drawnLines(metric, measure, times, history);
    const text = textsOf(lines, measure, data.unit);
    const binary = data.unit === 'By' && measure !== 'rate';
    this.#chart.draw({ times, lines, events: history.events, text, binary });
    this.#legend.draw(lines, text);
  }

  resize(): void {
    this.#chart.resize();
  }

  destroy(): void {
    this.#chart.destroy();
  }

  #drawHead(data: MetricData, measures: readonly Measure[], measure: Measure): void {
    setText(this.#title, data.name);
    const values =
      data.kind === 'timing'
        ? ` · ${countText(data.totals.count)} ${data.totals.count === 1 ? 'value' : 'values'}`
        : '';
    setText(this.#kind, data.metric + values);
    this.#measure.show(
      measures.map((one) => [one, MEASURE_NAMES[one]]),
      measure,
    );
    this.#by.show(data.series > 1 ? data.choices.map((by) => [by, byName(by)]) : [], data.by);
    const totals = totalTexts(data);
    this.#totals.replaceChildren(
      ...totals.map(([name, text]) => make('div', '', make('dt', '', name), make('dd', '', text))),
    );
    const spoken = totals.map(([name, text]) => `${name} ${text}`).join(', ');
    this.#figure.setAttribute(
      'aria-label',
      `${data.name}, ${MEASURE_NAMES[measure]} over time: ${spoken}. Arrow keys read single values.`,
    );
    this.#more.hidden = data.folded === 0 && !this.#choice.all;
    setText(this.#more, this.#choice.all ? 'Show the largest alone' : moreText(data));
  }

  #choose(choice: Choice): void {
    Object.assign(this.#choice, choice);
    if (choice.measure === undefined) this.#changed();
    else this.draw(true);
  }

  #point(index: number | null): void {
    const time = index === null ? undefined : this.#times[index];
    const near = this.#history?.events.filter((event) => isNear(event.time, time, this.#history!));
    const text = this.#legend.point(index, time === undefined ? '' : timeText(time), near ?? []);
    if (document.activeElement === this.#figure && index !== null) this.#say(text);
  }
}

const isNear = (event: number, time: number | undefined, { step }: History): boolean =>
  time !== undefined && Math.abs(event - time - step / 2) <= step;

function moreText({ folded, kind }: MetricData): string {
  return kind === 'gauge' ? `Show ${folded} more lines` : `Show the ${folded} others apart`;
}

function byName(by: By): string {
  if (by === 'each') return 'each series';
  if (by === 'none') return 'all together';
  return by === 'instance' ? 'by process' : `by ${by.slice('tag:'.length)}`;
}

function totalTexts({ kind, totals, unit }: MetricData): [string, string][] {
  const { count, rate, p50, p95, p99, last } = totals;
  if (kind === 'gauge') {
    if (last === undefined) return [['now', '–']];
    const [low, high] = last.map((value) => valueText(value, unit));
    return [['now', low === high ? low! : `${low} – ${high}`]];
  }
  if (kind !== 'timing')
    return [
      ['rate', rateText(rate)],
      ['total', countText(count)],
    ];
  const known: [string, string][] =
    p50 === null
      ? [
          ['mean', valueText(totals.mean, unit)],
          ['maximum', valueText(totals.max, unit)],
        ]
      : [
          ['p50', valueText(p50, unit)],
          ['p95', valueText(p95, unit)],
          ['p99', valueText(p99, unit)],
        ];
  return [...known, ['rate', rateText(rate)]];
}
