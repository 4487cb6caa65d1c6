import type { Range } from '../protocol.js';
import { find, make } from './dom.js';

const NAMES: Readonly<Record<Range, string>> = {
  '15m': '15 min',
  '1h': '1 h',
  '6h': '6 h',
  '24h': '24 h',
  all: 'all',
};

/** The user's choice of what to see; it stands in the page's address, so that a reload keeps it. */
export class Tools {
  readonly #filter = find<HTMLInputElement>('filter');
  readonly #ranges = find('ranges');
  #offered = '';
  range: Range | undefined;

  /** `onRange` is called when another time is to be shown, `onFilter` when other names are. */
  constructor(onRange: () => void, onFilter: () => void) {
    const kept = new URLSearchParams(location.hash.slice(1));
    this.range = (kept.get('range') as Range | null) ?? undefined;
    this.#filter.value = kept.get('filter') ?? '';
    this.#ranges.addEventListener('change', (event) => {
      this.range = (event.target as HTMLInputElement).value as Range;
      this.#keep();
      onRange();
    });
    this.#filter.addEventListener('input', () => {
      this.#keep();
      onFilter();
    });
    find('tools').addEventListener('submit', (event) => event.preventDefault());
    document.addEventListener('keydown', (event) => this.#onKey(event, onFilter));
  }

  get filter(): string {
    return this.#filter.value.trim();
  }

  /** Offers the ranges that the source has. */
  offer(ranges: readonly Range[]): void {
    if (ranges.join() === this.#offered) return;
    this.#offered = ranges.join();
    if (this.range === undefined || !ranges.includes(this.range)) this.range = ranges[0];
    const choices = ranges.map((range) => {
      const input = make('input');
      Object.assign(input, { type: 'radio', name: 'range', value: range });
      input.checked = range === this.range;
      return make('label', '', input, make('span', '', NAMES[range]));
    });
    this.#ranges.replaceChildren(this.#ranges.firstElementChild!, ...choices);
  }

  #keep(): void {
    const kept = new URLSearchParams();
    if (this.range !== undefined) kept.set('range', this.range);
    if (this.filter !== '') kept.set('filter', this.filter);
    history.replaceState(null, '', `#${kept}`);
  }

  #onKey(event: KeyboardEvent, onFilter: () => void): void {
    const typing =
      event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement;
    if (event.key === '/' && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      this.#filter.focus();
      this.#filter.select();
    } else if (event.key === 'Escape' && event.target === this.#filter) {
      this.#filter.value = '';
      this.#keep();
      onFilter();
    }
  }
}
