import type { EventData } from '../protocol.js';
import { Keyed, make, setText } from './dom.js';
import type { DrawnLine } from './measures.js';
import { lineColor } from './theme.js';

interface Entry {
  readonly element: HTMLElement;
  readonly swatch: HTMLElement;
  readonly value: HTMLElement;
}

/** The lines of a chart with their values: the last ones, or those at the cursor. */
export class Legend {
  readonly element = make('div', 'legend');
  readonly #time = make('p', 'when');
  readonly #list = make('ul');
  readonly #entries = new Keyed<Entry>(this.#list);
  #lines: readonly DrawnLine[] = [];
  #text: (value: number | null) => string = () => '';
  #index: number | null = null;

  constructor() {
    this.element.append(this.#list, this.#time);
  }

  draw(lines: readonly DrawnLine[], text: (value: number | null) => string): void {
    this.#lines = lines;
    this.#text = text;
    const entries = this.#entries.show(
      lines.map(({ label }) => label),
      newEntry,
    );
    entries.forEach(({ swatch }, i) => {
      swatch.style.background = lineColor(lines[i]!.label, i);
    });
    this.#showValues();
  }

  /**
   * Shows the values at an index of the times, `null`: the last ones. Returns all of it as a text.
   */
  point(index: number | null, time: string, events: readonly EventData[]): string {
    this.#index = index;
    const eventTexts = events.map(({ name, text }) => `${name}: ${text}`).slice(0, 3);
    setText(this.#time, [time, ...eventTexts].filter((part) => part !== '').join(' · '));
    const values = this.#showValues();
    return [time, ...values, ...eventTexts].join(', ');
  }

  #showValues(): string[] {
    const entries = [...this.#entries.items];
    return this.#lines.map(({ label, values }, i) => {
      const at = this.#index ?? values.findLastIndex((value) => value !== null);
      const text = this.#text(values[at] ?? null);
      if (entries[i] !== undefined) setText(entries[i].value, text);
      return `${label} ${text}`;
    });
  }
}

function newEntry(label: string): Entry {
  const swatch = make('i', 'swatch');
  const value = make('b');
  return { element: make('li', '', swatch, make('span', '', label), value), swatch, value };
}
