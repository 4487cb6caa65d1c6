import pc from 'picocolors';
import { nameOf, notShown, printable, valueText } from '../text/cells.js';
import { clip } from './clip.js';
import type { ForkShares } from './forks.js';
import type { Selection } from './keys.js';
import type { Sample, ShownMetric, ShownProcess } from './sampler.js';
import { type ProcessSum, sumOf } from './sum.js';

/** The way a sample is drawn, and the part of it that is shown. */
export interface ViewOptions extends Partial<Selection> {
  /** The columns there are; `undefined`: no limit. */
  readonly columns?: number | undefined;
  readonly color: boolean;
}

const NOBODY =
  'no process publishes metrics here; a Node process does after start() of kaneda-otel/cantal, with the package koffi (npm install koffi@^3)';
const BAR_CHARACTERS = 30;
const INKS = ['cyan', 'magenta', 'yellow', 'green', 'blue', 'red'] as const;
const FILLS = ['█', '▓', '▒', '░', '▚', '▞'];

/**
 * Returns a sample as lines of text: one process a line, the live ones first, then a line for each
 * of its metrics and forks.
 */
export function linesOf(
  { processes, unreadable, now }: Sample,
  { columns = Number.POSITIVE_INFINITY, color, filter = '', sum = false }: ViewOptions,
): string[] {
  const ink = pc.createColors(color);
  const found = filterProcesses(processes, filter);
  const lines = sum ? sumLines(sumOf(found), now, ink) : processLines(found, now, ink);
  if (processes.length === 0) lines.push(NOBODY);
  else if (found.length === 0) lines.push(`nothing has "${printable(filter)}" in its name`);
  if (unreadable > 0) lines.push(`${unreadable} unreadable`);
  return columns < Number.POSITIVE_INFINITY ? lines.map((line) => clip(line, columns)) : lines;
}

/**
 * Returns what has a text in its name: all of a process whose number or path has it, else its
 * metrics and forks that have it.
 */
function filterProcesses(processes: readonly ShownProcess[], filter: string): ShownProcess[] {
  const wanted = filter.toLowerCase();
  const has = (name: string): boolean => name.toLowerCase().includes(wanted);
  const ordered = [...processes].sort((a, b) => ORDER.indexOf(a.status) - ORDER.indexOf(b.status));
  if (wanted === '') return ordered;
  return ordered.flatMap((shown) => {
    if (has(`process ${shown.pid} ${shown.path}`)) return [shown];
    const metrics = shown.metrics.filter(({ dimensions }) => has(nameOf(dimensions)));
    const forks = shown.forks.filter(({ name }) => has(name));
    return metrics.length + forks.length > 0 ? [{ ...shown, metrics, forks }] : [];
  });
}

const ORDER: readonly ShownProcess['status'][] = ['running', 'stopped', 'dead'];

type Ink = ReturnType<typeof pc.createColors>;

const processLines = (processes: readonly ShownProcess[], now: number, ink: Ink): string[] =>
  processes.flatMap((shown) => [
    headOf(shown, ink),
    ...bodyOf(shown, ink, (metric) => textOf(metric, now, ink)),
  ]);

function sumLines(sum: ProcessSum, now: number, ink: Ink): string[] {
  if (sum.count === 0) return ['no process is live'];
  const text = (metric: ShownMetric): string => {
    const states = sum.states.get(metric);
    return states === undefined ? textOf(metric, now, ink) : statesText(states);
  };
  const head = ink.bold(`sum of ${sum.count} live ${sum.count === 1 ? 'process' : 'processes'}`);
  return [head, ...bodyOf(sum, ink, text)];
}

/** The texts of a state, the commonest first: `idle ×3, working`. */
function statesText(states: ReadonlyMap<string, number>): string {
  return [...states]
    .sort(([, a], [, b]) => b - a)
    .map(([text, count]) => printable(text) + (count > 1 ? ` ×${count}` : ''))
    .join(', ');
}

function headOf({ path, pid, status, skipped }: ShownProcess, ink: Ink): string {
  const tint = status === 'running' ? ink.green : status === 'stopped' ? ink.yellow : ink.red;
  return `${ink.bold(`process ${pid ?? '?'}`)}  ${tint(status)}  ${printable(path)}${notShown(skipped)}`;
}

function bodyOf(
  { metrics, forks }: Pick<ShownProcess, 'metrics' | 'forks'>,
  ink: Ink,
  text: (metric: ShownMetric) => string,
): string[] {
  const names = metrics.map(({ dimensions }) => nameOf(dimensions));
  const longest = names.reduce((most, name) => Math.max(most, name.length), 0);
  const width = Math.min(60, longest);
  return [
    ...metrics.map((metric, i) => `  ${names[i]!.padEnd(width)}  ${text(metric)}`),
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
    const length = Math.round(used * BAR_CHARACTERS) - reached;
    reached += length;
    return ink[INKS[i % INKS.length]!](FILLS[i % FILLS.length]!.repeat(length));
  });
  const legend = branches.map(
    ({ name, share }, i) =>
      `${FILLS[i % FILLS.length]} ${printable(name)} ${Math.round(share * 100)}%`,
  );
  return `[${parts.join('')}${' '.repeat(Math.max(0, BAR_CHARACTERS - reached))}] ${legend.join('  ')}`;
}
