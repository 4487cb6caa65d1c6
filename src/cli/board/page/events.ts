import { find, Keyed, make } from './dom.js';
import { timeText } from './format.js';
import type { History } from './history.js';

const MAX_ROWS = 100;

/** The newest events, as a table. */
export class Events {
  readonly #rows = new Keyed<{ element: HTMLElement }>(find('event-rows'));

  /** Shows the events whose name contains a text. */
  show({ events }: History, filter: string): void {
    const wanted = events.filter(({ name }) => name.toLowerCase().includes(filter.toLowerCase()));
    const newest = wanted.slice(-MAX_ROWS).reverse();
    const byId = new Map(newest.map((event) => [event.id, event]));
    find('events').hidden = newest.length === 0;
    this.#rows.show([...byId.keys()], (id) => {
      const { time, name, text, tags } = byId.get(id)!;
      const what = make('td', '', make('b', '', name), ' ', make('span', 'tags', tags));
      return {
        element: make('tr', '', make('td', 'time', timeText(time)), what, make('td', 'text', text)),
      };
    });
  }
}
