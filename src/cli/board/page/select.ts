import { make } from './dom.js';

/** A choice of one among several. */
export class Select {
  readonly element: HTMLSelectElement = make('select');
  #shown = '';

  /** `chosen` is called with the value that the user chose. */
  constructor(label: string, chosen: (value: string) => void) {
    this.element.setAttribute('aria-label', label);
    this.element.addEventListener('change', () => chosen(this.element.value));
  }

  /** Shows values with their names, one of them as chosen; less than two need no choice. */
  show(options: readonly (readonly [value: string, name: string])[], chosen: string): void {
    const shown = JSON.stringify(options);
    if (shown !== this.#shown) {
      this.#shown = shown;
      this.element.replaceChildren(...options.map(([value, name]) => new Option(name, value)));
    }
    this.element.value = chosen;
    this.element.hidden = options.length < 2;
  }
}
