import uPlot from 'uplot';
import type { EventData } from '../protocol.js';
import { timeText } from './format.js';
import { drawMarks } from './marks.js';
import type { DrawnLine } from './measures.js';
import { color, lineColor } from './theme.js';

const HEIGHT_PX = 190;
/** Distances of an axis's marks, for bytes. */
const BINARY_STEPS = Array.from({ length: 50 }, (_, power) => 2 ** power);
/** Distances of times on an axis: their texts have no parts of a second. */
const TIME_STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800]
  .concat([1, 2, 3, 6, 12, 24, 48, 168, 720].map((hours) => hours * 3_600))
  .map((seconds) => seconds * 1_000);
/** With more lines than this, all are thin: browsers draw those several times as fast. */
const MAX_THICK_LINES = 20;
const FONT = '12px system-ui, sans-serif';

/** The content of a chart. */
export interface Drawing {
  /** Milliseconds since the epoch. */
  readonly times: readonly number[];
  readonly lines: readonly DrawnLine[];
  readonly events: readonly EventData[];
  /** A value as it stands at the axis. */
  readonly text: (value: number) => string;
  /** Bytes have axes in powers of two. */
  readonly binary: boolean;
}

/** Lines over time, on a canvas; arrow keys move its cursor as the mouse does. */
export class Chart {
  readonly element: HTMLElement;
  readonly #pointed: (index: number | null) => void;
  #plot: uPlot | undefined;
  #drawing: Drawing | undefined;
  /** The labels and colours that the plot was made for. */
  #shape = '';

  /** `pointed` is called with the time's index that the cursor is at, or null when it left. */
  constructor(element: HTMLElement, pointed: (index: number | null) => void) {
    this.element = element;
    this.#pointed = pointed;
    element.addEventListener('keydown', (event) => this.#onKey(event));
    element.addEventListener('blur', () => this.#point(null));
  }

  draw(drawing: Drawing): void {
    this.#drawing = drawing;
    const shape = JSON.stringify([color('text'), drawing.lines.map(({ label }) => label)]);
    if (this.#plot === undefined || shape !== this.#shape) this.#make(shape, drawing);
    else this.#plot.setData(dataOf(drawing));
  }

  /** Fits the chart to the width of its element. */
  resize(): void {
    const width = this.element.clientWidth;
    if (this.#plot !== undefined && width > 0 && width !== this.#plot.width)
      this.#plot.setSize({ width, height: HEIGHT_PX });
  }

  destroy(): void {
    this.#plot?.destroy();
    this.#plot = undefined;
  }

  #make(shape: string, drawing: Drawing): void {
    this.destroy();
    this.#shape = shape;
    this.#plot = new uPlot(this.#options(drawing), dataOf(drawing), this.element);
  }

  #options({ lines, binary }: Drawing): uPlot.Options {
    const stroke = color('muted');
    const grid = { stroke: color('grid'), width: 1 };
    const axis = { stroke, grid, font: FONT, ticks: { show: false } };
    return {
      width: Math.max(200, this.element.clientWidth),
      height: HEIGHT_PX,
      ms: 1,
      legend: { show: false },
      cursor: { y: false, drag: { x: false, y: false }, points: { size: 7 } },
      scales: { y: { range: (_, min, max) => spread(min, max) } },
      padding: [10, 28, 0, 0],
      series: [
        {},
        ...lines.map(({ label }, i) => ({
          label,
          stroke: lineColor(label, i),
          width: lines.length > MAX_THICK_LINES ? 1 : 1.6,
          spanGaps: true,
          points: lines.length > MAX_THICK_LINES ? { show: false } : { size: 4 },
        })),
      ],
      axes: [
        {
          ...axis,
          incrs: TIME_STEPS,
          size: 28,
          space: 70,
          values: (_, splits) => axisTimes(splits),
        },
        {
          ...axis,
          ...(binary && { incrs: BINARY_STEPS }),
          size: axisSize,
          gap: 6,
          space: 34,
          values: (_, splits) => splits.map(this.#text),
        },
      ],
      hooks: {
        draw: [(plot) => drawMarks(plot, this.#drawing?.events ?? [])],
        setCursor: [(plot) => this.#pointed(plot.cursor.idx ?? null)],
      },
    };
  }

  readonly #text = (value: number): string => this.#drawing?.text(value) ?? '';

  #onKey(event: KeyboardEvent): void {
    const count = this.#drawing?.times.length ?? 0;
    if (this.#plot === undefined || count === 0) return;
    const at = this.#plot.cursor.idx ?? count;
    const by = event.shiftKey ? 10 : 1;
    const to = new Map<string, number | null>([
      ['ArrowLeft', Math.max(0, at - by)],
      ['ArrowRight', Math.min(count - 1, at + by)],
      ['Home', 0],
      ['End', count - 1],
      ['Escape', null],
    ]).get(event.key);
    if (to === undefined) return;
    event.preventDefault();
    this.#point(to);
  }

  #point(index: number | null): void {
    const time = index === null ? undefined : this.#drawing?.times[index];
    const left = time === undefined ? -10 : (this.#plot?.valToPos(time, 'x') ?? -10);
    this.#plot?.setCursor({ left, top: left < 0 ? -10 : 10 });
  }
}

const dataOf = ({ times, lines }: Drawing): uPlot.AlignedData => [
  times as number[],
  ...lines.map(({ values }) => values),
];

/** The range of an axis: from 0, unless all values are below it; with room above. */
function spread(min: number | null, max: number | null): uPlot.Range.MinMax {
  if (min === null || max === null || (min === 0 && max === 0)) return [0, 1];
  const room = (Math.max(max, 0) - Math.min(min, 0)) * 0.06;
  return [min < 0 ? min - room : 0, max > 0 ? max + room : 0];
}

/** As wide as its widest text. */
function axisSize(plot: uPlot, values: string[] | null): number {
  plot.ctx.font = FONT;
  const widths = (values ?? []).map((text) => plot.ctx.measureText(text).width);
  return Math.ceil(Math.max(40, ...widths.map((width) => width + 14)));
}

/** Times without their seconds, where no two are in one minute. */
function axisTimes(splits: readonly number[]): string[] {
  const minutes = splits.every((time) => time % 60_000 === 0);
  return splits.map((time) => (minutes ? timeText(time).replace(/:\d\d$/, '') : timeText(time)));
}
