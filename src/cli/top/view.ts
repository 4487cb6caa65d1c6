import pc from 'picocolors';
import { nameOf, notShown, printable, valueText } from '../text/cells.js';
import type { ForkShares } from './forks.js';
import type { Sample, ShownMetric, ShownProcess } from './sampler.js';

/** How a sample is drawn. */
export interface ViewOptions {
  /** Columns and rows there are; `undefined`: no limits. */
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
  readonly color: boolean;
}

const NOBODY =
  'no process publishes metrics here; a Node process does after start() of kaneda-otel/cantal, with the package koffi (npm install koffi@^3)';
const BAR = 30;
const INKS = ['cyan', 'magenta', 'yellow', 'green', 'blue', 'red'] as const;
const FILLS = ['█', '▓', '▒', '░', '▚', '▞'];

/** A sample as lines of text: one process a line, then a line for each of its metrics and forks. */
export function draw(
  sample: Sample,
  { columns = Number.POSITIVE_INFINITY, rows, color }: ViewOptions,
): string[] {
  const ink = pc.createColors(color);
  const lines = sample.processes.flatMap((shown) => [
    headOf(shown, ink),
    ...bodyOf(shown, sample.now, ink),
  ]);
  if (sample.processes.length === 0) lines.push(NOBODY);
  if (sample.unreadable > 0) lines.push(`${sample.unreadable} unreadable`);
  const cut = lines.map((line) =>
    columns < Number.POSITIVE_INFINITY ? clip(line, columns) : line,
  );
  if (rows === undefined || cut.length <= rows) return cut;
  return [...cut.slice(0, rows - 1), `… ${cut.length - rows + 1} more lines`];
}

type Ink = ReturnType<typeof pc.createColors>;

function headOf({ path, pid, status, skipped }: ShownProcess, ink: Ink): string {
  const tint = status === 'running' ? ink.green : status === 'stopped' ? ink.yellow : ink.red;
  return `${ink.bold(`process ${pid ?? '?'}`)}  ${tint(status)}  ${printable(path)}${notShown(skipped)}`;
}

function bodyOf({ metrics, forks }: ShownProcess, now: number, ink: Ink): string[] {
  const names = metrics.map(({ dimensions }) => nameOf(dimensions));
  const width = Math.min(
    60,
    names.reduce((most, name) => Math.max(most, name.length), 0),
  );
  return [
    ...metrics.map((metric, i) => `  ${names[i]!.padEnd(width)}  ${textOf(metric, now, ink)}`),
    ...forks.map((fork) => `  ${printable(fork.name).padEnd(width)}  ${barOf(fork, ink)}`),
  ];
}

function textOf({ value, rate }: ShownMetric, now: number, ink: Ink): string {
  const text = valueText(value, now);
  return rate === undefined ? text : `${text.padEnd(14)} ${ink.cyan(`${rateText(rate)}/s`)}`;
}

function rateText(rate: number): string {
  return rate >= 100 || rate === 0 ? String(Math.round(rate)) : rate.toFixed(1);
}

function barOf({ branches }: ForkShares, ink: Ink): string {
  let used = 0;
  let reached = 0;
  const parts = branches.map(({ share }, i) => {
    used += share;
    const length = Math.round(used * BAR) - reached;
    reached += length;
    return ink[INKS[i % INKS.length]!](FILLS[i % FILLS.length]!.repeat(length));
  });
  const legend = branches.map(
    ({ name, share }, i) =>
      `${FILLS[i % FILLS.length]} ${printable(name)} ${Math.round(share * 100)}%`,
  );
  return `[${parts.join('')}${' '.repeat(Math.max(0, BAR - reached))}] ${legend.join('  ')}`;
}

const ESCAPE = '\u001b[';

// Cuts to a width on the screen: colours take none of it.
function clip(line: string, columns: number): string {
  if (line.length <= columns) return line;
  let width = 0;
  let kept = '';
  for (let i = 0; i < line.length; ) {
    if (line.startsWith(ESCAPE, i)) {
      const end = line.indexOf('m', i) + 1;
      kept += line.slice(i, end);
      i = end;
    } else {
      const character = String.fromCodePoint(line.codePointAt(i)!);
      if (++width <= columns) kept += character;
      i += character.length;
    }
  }
  return kept;
}
