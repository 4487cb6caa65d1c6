/** The part of the processes that is shown. */
export interface Selection {
  /** Only metrics and processes whose name contains it. */
  readonly filter: string;
  /** All live processes added up, as the workers of a cluster. */
  readonly sum: boolean;
}

/** The effect of a key. */
export type Reaction = 'end' | 'redraw' | 'nothing';

/** The lines that the keys scroll through. */
export interface Extent {
  /** All lines, and those that fit on the screen. */
  readonly lines: number;
  readonly rows: number;
}

/** Keys as terminals send them. */
const NAMES: Readonly<Record<string, string>> = {
  '\u001b[A': 'up',
  '\u001bOA': 'up',
  k: 'up',
  '\u001b[B': 'down',
  '\u001bOB': 'down',
  j: 'down',
  '\u001b[5~': 'pageUp',
  b: 'pageUp',
  '\u001b[6~': 'pageDown',
  ' ': 'pageDown',
  '\u001b[H': 'home',
  '\u001bOH': 'home',
  '\u001b[1~': 'home',
  g: 'home',
  '\u001b[F': 'end',
  '\u001bOF': 'end',
  '\u001b[4~': 'end',
  G: 'end',
};
const CTRL_C = '\u0003';
const ESCAPE = '\u001b';

/** Splits what a terminal sent into keys: several may come at a time. */
export function keysOf(text: string): string[] {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: keys begin with an escape.
  return text.match(/\u001b\[[\d;]*[A-Za-z~]|\u001bO[A-Za-z]|[\s\S]/gu) ?? [];
}

/**
 * The user's choices by keys: where the picture begins, which metrics it has, and a filter that is
 * being typed.
 */
export class TopKeys implements Selection {
  filter: string;
  sum: boolean;
  /** The first line that is shown. */
  offset = 0;
  /** True while the filter is typed. */
  typing = false;

  constructor({ filter, sum }: Selection) {
    this.filter = filter;
    this.sum = sum;
  }

  /** Takes one key. */
  press(key: string, extent: Extent): Reaction {
    if (key === CTRL_C) return 'end';
    if (this.typing) return this.#type(key);
    if (key === 'q' || key === 'Q') return 'end';
    if (key === '/') this.typing = true;
    else if (key === 's') this.sum = !this.sum;
    else if (key === ESCAPE) this.filter = '';
    else return this.#scroll(NAMES[key], extent);
    this.offset = 0;
    return 'redraw';
  }

  /** Keeps the offset within lines that may have become fewer. */
  within({ lines, rows }: Extent): number {
    this.offset = Math.max(0, Math.min(this.offset, lines - rows));
    return this.offset;
  }

  #type(key: string): Reaction {
    if (key === '\r' || key === '\n') this.typing = false;
    else if (key === ESCAPE) {
      this.typing = false;
      this.filter = '';
    } else if (key === '\u007f' || key === '\b')
      this.filter = [...this.filter].slice(0, -1).join('');
    else if (/^\P{Cc}$/u.test(key)) this.filter += key;
    else return 'nothing';
    this.offset = 0;
    return 'redraw';
  }

  #scroll(name: string | undefined, extent: Extent): Reaction {
    const by = { up: -1, down: 1, pageUp: -extent.rows, pageDown: extent.rows }[name ?? ''];
    if (by !== undefined) this.offset += by;
    else if (name === 'home') this.offset = 0;
    else if (name === 'end') this.offset = extent.lines;
    else return 'nothing';
    this.within(extent);
    return 'redraw';
  }
}
