import { Card, type Choice } from './card.js';
import { find, Keyed } from './dom.js';
import { DrawQueue } from './draw-queue.js';
import type { History } from './history.js';

interface Shown {
  readonly element: HTMLElement;
  readonly card: Card;
}

/** The cards of all metrics, in the order of their names. Only those in sight are drawn. */
export class Cards {
  readonly #cards = new Keyed<Shown>(find('cards'));
  readonly #byElement = new Map<Element, Card>();
  /** By name and kind: choices last longer than the server's ids. */
  readonly #choices = new Map<string, Choice>();
  readonly #changed: () => void;
  readonly #queue = new DrawQueue();
  readonly #sight: IntersectionObserver;
  readonly #sizes: ResizeObserver;

  /** `changed` is called when the user chose something that the server has to answer. */
  constructor(changed: () => void) {
    this.#changed = changed;
    this.#sight = new IntersectionObserver((seen) => this.#onSight(seen), { rootMargin: '200px' });
    this.#sizes = new ResizeObserver((seen) => {
      for (const { target } of seen) this.#byElement.get(target)?.resize();
    });
  }

  /** Shows the metrics whose name or line contains a text. Returns how many. */
  show(history: History, filter: string): number {
    const metrics = [...history.metrics.values()]
      .filter(({ data }) => data.name.toLowerCase().includes(filter.toLowerCase()))
      .sort((a, b) => (a.data.name < b.data.name ? -1 : a.data.name > b.data.name ? 1 : 0));
    const keys = metrics.map(({ data }) => keyOf(data));
    const shown = this.#cards.show(
      keys,
      (key) => this.#make(key),
      ({ element, card }) => this.#remove(element, card),
    );
    shown.forEach(({ card }, i) => {
      card.update(metrics[i]!, history);
      if (card.visible) this.#queue.add(card);
    });
    return metrics.length;
  }

  /** Draws again what is in sight: colours changed. */
  redraw(): void {
    for (const { card } of this.#cards.items) if (card.visible) card.draw(true);
  }

  /** The choices as parameters of a question. */
  parameters(): [string, string][] {
    return [...this.#choices.values()].flatMap(({ id, by, all }): [string, string][] => [
      ...(by === undefined ? [] : [['by', `${id}:${by}`] as [string, string]]),
      ...(all ? [['all', String(id)] as [string, string]] : []),
    ]);
  }

  #make(key: string): Shown {
    const choice = this.#choices.get(key) ?? {};
    this.#choices.set(key, choice);
    const card = new Card(choice, this.#changed, (text) => {
      find('said').textContent = text;
    });
    this.#byElement.set(card.element, card);
    this.#sight.observe(card.element);
    this.#sizes.observe(card.element);
    return { element: card.element, card };
  }

  #remove(element: HTMLElement, card: Card): void {
    this.#sight.unobserve(element);
    this.#sizes.unobserve(element);
    this.#byElement.delete(element);
    this.#queue.remove(card);
    card.destroy();
  }

  #onSight(seen: readonly IntersectionObserverEntry[]): void {
    for (const { target, isIntersecting } of seen) {
      const card = this.#byElement.get(target);
      if (card === undefined) continue;
      card.visible = isIntersecting;
      if (isIntersecting) this.#queue.add(card);
    }
  }
}

const keyOf = ({ name, metric, unit }: { name: string; metric: string; unit?: string }): string =>
  JSON.stringify([name, metric, unit]);
