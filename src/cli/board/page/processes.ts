import { lastsText } from '../../text/lasts-text.js';
import type { CellData, CellsData, ForkData, ProcessData, TrackerData } from '../protocol.js';
import { find, Keyed, make, setText } from './dom.js';
import { numberText, rateText, valueText } from './format.js';
import { color } from './theme.js';

const NOBODY = [
  'No process publishes cells here.',
  'A Node process does after start() of kaneda-otel/cantal, with the package koffi installed.',
];

/** The cells of running processes, as they are now. */
export class Processes {
  readonly #blocks = new Keyed<ProcessBlock>(find('processes'));
  readonly #nobody = make('p', 'note');

  show({ processes }: CellsData): void {
    document.body.classList.toggle('nobody', processes.length === 0);
    const ordered = [...processes].sort((a, b) => rank(a) - rank(b));
    const blocks = this.#blocks.show(
      ordered.map(({ path }) => path),
      () => new ProcessBlock(),
    );
    blocks.forEach((block, i) => {
      block.show(ordered[i]!);
    });
    setText(this.#nobody, NOBODY.join(' '));
    if (processes.length === 0) find('processes').append(this.#nobody);
    else this.#nobody.remove();
  }
}

/** Live processes first. */
const rank = ({ status }: ProcessData): number => ['running', 'stopped', 'dead'].indexOf(status);

class ProcessBlock {
  readonly element = make('article', 'process');
  readonly #title = make('h3');
  readonly #status = make('span');
  readonly #path = make('p', 'path');
  readonly #trackers = make('div', 'trackers');
  readonly #forks = make('div', 'forks');
  readonly #cells = make('dl', 'values');
  readonly #trackerRows = new Keyed<Row>(this.#trackers);
  readonly #forkRows = new Keyed<ForkRow>(this.#forks);
  readonly #cellRows = new Keyed<Row>(this.#cells);

  constructor() {
    const head = make('header', '', this.#title, this.#status);
    this.element.append(head, this.#path, this.#trackers, this.#forks, this.#cells);
  }

  show({ path, pid, status, trackers, forks, cells, skipped }: ProcessData): void {
    setText(this.#title, pid === undefined ? 'process' : `process ${pid}`);
    setText(this.#status, status);
    this.#status.className = `pill ${status}`;
    setText(this.#path, skipped > 0 ? `${path}, ${skipped} not shown` : path);
    fill(this.#trackerRows, trackers, trackerText);
    const rows = this.#forkRows.show(keysOf(forks), () => new ForkRow());
    rows.forEach((row, i) => {
      row.show(forks[i]!);
    });
    fill(this.#cellRows, cells, cellText);
  }
}

/** Keys of things that may have one name. */
const keysOf = (named: readonly { readonly name: string }[]): string[] =>
  named.map(({ name }, i) => `${i} ${name}`);

function fill<T extends { readonly name: string }>(
  rows: Keyed<Row>,
  items: readonly T[],
  textOf: (item: T) => readonly [string, string],
): void {
  rows
    .show(keysOf(items), () => new Row())
    .forEach((row, i) => {
      row.show(items[i]!.name, ...textOf(items[i]!));
    });
}

/** A name, a value and a remark about it. */
class Row {
  readonly element = make('div', 'row');
  readonly #name = make('dt');
  readonly #value = make('dd');
  readonly #beside = make('dd', 'beside');

  constructor() {
    this.element.append(this.#name, this.#value, this.#beside);
  }

  show(name: string, value: string, beside: string): void {
    setText(this.#name, name);
    setText(this.#value, value);
    setText(this.#beside, beside);
  }
}

function cellText({ kind, value, rate, lasts }: CellData): readonly [string, string] {
  if (kind === 'state') return lasts === undefined ? ['–', ''] : [value, `for ${lastsText(lasts)}`];
  const number = kind === 'float' ? numberText(Number(value)) : groupDigits(value);
  return [number, rate === undefined ? '' : rateText(rate)];
}

/** All digits of a whole number, in groups of three. */
const groupDigits = (digits: string): string => digits.replace(/\B(?=(\d{3})+$)/g, ',');

function trackerText({
  requests,
  errors,
  mean,
  inProgress,
}: TrackerData): readonly [string, string] {
  const beside = [
    ...(mean === undefined ? [] : [`${valueText(mean, 'ms')} each`]),
    ...(errors ? [`${rateText(errors)} failed`] : []),
    `${groupDigits(inProgress)} in progress`,
  ];
  return [rateText(requests), beside.join(' · ')];
}

class ForkRow {
  readonly element = make('div', 'fork');
  readonly #name = make('p');
  readonly #bar = make('div', 'bar-of');
  readonly #parts = new Keyed<{ element: HTMLElement }>(this.#bar);
  readonly #legend = make('ul');
  readonly #entries = new Keyed<{ element: HTMLElement; value: HTMLElement }>(this.#legend);

  constructor() {
    this.#bar.setAttribute('aria-hidden', 'true');
    this.element.append(this.#name, this.#bar, this.#legend);
  }

  show({ name, branches }: ForkData): void {
    setText(this.#name, name);
    // In the order of their names: a bar whose parts change places cannot be read.
    const ordered = [...branches].sort((a, b) => (a.name < b.name ? -1 : 1));
    const names = ordered.map((branch) => branch.name);
    const parts = this.#parts.show(names, () => ({ element: make('i') }));
    const entries = this.#entries.show(names, (label) => {
      const value = make('b');
      return {
        element: make('li', '', make('i', 'swatch'), make('span', '', label), value),
        value,
      };
    });
    ordered.forEach(({ share }, i) => {
      const ink = color(`line-${i % 12}`);
      parts[i]!.element.style.width = `${share * 100}%`;
      parts[i]!.element.style.background = ink;
      (entries[i]!.element.firstElementChild as HTMLElement).style.background = ink;
      setText(entries[i]!.value, `${Math.round(share * 100)}%`);
    });
  }
}
