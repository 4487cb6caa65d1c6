import type uPlot from 'uplot';
import type { EventData } from '../protocol.js';
import { color } from './theme.js';

/** With more events than this there are only ticks at the top: lines would hide the chart. */
const MAX_LINES = 30;

/** Draws events as marks into a chart. */
export function drawMarks(plot: uPlot, events: readonly EventData[]): void {
  const { ctx, bbox } = plot;
  const from = plot.scales.x?.min ?? 0;
  const to = plot.scales.x?.max ?? 0;
  const shown = events.filter(({ time }) => time >= from && time <= to);
  if (shown.length === 0) return;
  ctx.save();
  ctx.fillStyle = color('mark');
  ctx.strokeStyle = color('mark');
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash([3 * devicePixelRatio, 3 * devicePixelRatio]);
  const columns = new Set(shown.map(({ time }) => Math.round(plot.valToPos(time, 'x', true))));
  for (const x of columns) drawMark(ctx, x, bbox, shown.length <= MAX_LINES);
  ctx.restore();
}

function drawMark(
  ctx: CanvasRenderingContext2D,
  x: number,
  { top, height }: uPlot.BBox,
  line: boolean,
): void {
  const size = 4 * devicePixelRatio;
  ctx.beginPath();
  ctx.moveTo(x - size, top - size);
  ctx.lineTo(x + size, top - size);
  ctx.lineTo(x, top + size / 2);
  ctx.fill();
  if (!line) return;
  ctx.globalAlpha = 0.4;
  ctx.beginPath();
  ctx.moveTo(x, top);
  ctx.lineTo(x, top + height);
  ctx.stroke();
  ctx.globalAlpha = 1;
}
