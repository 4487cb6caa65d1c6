import { sleep } from '../../../exporters/timing/sleep.js';
import { clip } from './clip.js';
import { keysOf, type Selection, TopKeys } from './keys.js';
import type { Sample, Sampler } from './sampler.js';
import { linesOf } from './view.js';

/** The screen without a terminal's help. */
const COLUMNS = 80;
const ROWS = 24;
/** Lines beside those of the processes: the head, the foot, and where the cursor stands. */
const OTHER_ROWS = 3;
const HELP = 'kaneda top – q ends it, / filters, s adds up, arrows scroll';

/**
 * Draws a picture in place, until `q`, Ctrl-C or a signal; keys scroll and filter it; nothing of it
 * stays on the terminal.
 */
export async function watch(
  sampler: Sampler,
  { interval, ...selection }: Selection & { readonly interval: number },
): Promise<void> {
  const { default: logUpdate } = await import('log-update');
  const { stdin, stdout } = process;
  const end = new AbortController();
  const stop = (): void => end.abort();
  const keys = new TopKeys(selection);
  let sample = sampler.sample();
  let screen: Screen;
  const draw = (): void => {
    screen = new Screen(sample, keys, stdout.columns ?? COLUMNS, stdout.rows ?? ROWS);
    logUpdate(screen.text);
  };
  draw();
  const onKeys = (text: Buffer): void => {
    for (const key of keysOf(text.toString())) {
      const reaction = keys.press(key, screen);
      if (reaction === 'end') stop();
      else if (reaction === 'redraw') draw();
      if (end.signal.aborted) return;
    }
  };
  if (stdin.isTTY) stdin.setRawMode(true).on('data', onKeys).resume();
  stdout.on('resize', draw);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, stop);
  try {
    while (!end.signal.aborted) {
      await sleep(interval * 1000, { signal: end.signal });
      sample = sampler.sample();
      if (!end.signal.aborted) draw();
    }
  } finally {
    stdout.off('resize', draw);
    logUpdate.clear();
    logUpdate.done();
    if (stdin.isTTY) stdin.setRawMode(false).off('data', onKeys).pause();
  }
}

/** A sample on a screen of some size, as the keys have chosen. */
export class Screen {
  /** All lines, and those that fit. */
  readonly lines: number;
  readonly rows: number;
  readonly text: string;

  constructor(sample: Sample, keys: TopKeys, columns: number, rows: number) {
    const all = linesOf(sample, { columns, color: true, filter: keys.filter, sum: keys.sum });
    this.lines = all.length;
    this.rows = Math.max(1, rows - OTHER_ROWS);
    const from = keys.within(this);
    const shown = all.slice(from, from + this.rows);
    const foot = [filterText(keys), rangeText(from, shown.length, all.length)];
    this.text = [
      clip(HELP, columns),
      ...shown,
      clip(foot.filter((part) => part !== '').join('   '), columns),
    ].join('\n');
  }
}

/** A filter that is being typed has a cursor. */
function filterText({ filter, typing }: TopKeys): string {
  if (typing) return `/${filter}_`;
  return filter === '' ? '' : `/${filter} (Escape shows all)`;
}

const rangeText = (from: number, shown: number, all: number): string =>
  shown === all ? '' : `lines ${from + 1} to ${from + shown} of ${all}`;
