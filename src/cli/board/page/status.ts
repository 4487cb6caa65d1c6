import type { SourceState } from '../protocol.js';
import { find, setText } from './dom.js';
import { countText, timeText } from './format.js';

/** Says how reading goes, and what to do when it does not. */
export class Status {
  readonly #status = find('status');
  readonly #problem = find('problem');
  #shown = '';

  /** The board's server answered. */
  show(source: SourceState): void {
    const { name, state, problem, read, readAt } = source;
    setText(find('source'), name ?? '');
    find('source').title = name ?? '';
    this.#status.dataset.state = state;
    const texts: Readonly<Record<SourceState['state'], string>> = {
      none: 'no store',
      loading: read > 0 ? `reading … ${countText(read)} reports` : 'reading …',
      live: 'live',
      failing: 'cannot be read',
    };
    setText(this.#status, texts[state]);
    const until =
      readAt === undefined ? '' : ` The page shows the data read until ${timeText(readAt)}.`;
    this.#tell(
      state === 'failing' ? `${name} cannot be read: ${problem}. Trying again.${until}` : '',
    );
  }

  /** The board's server did not answer. */
  gone(): void {
    this.#status.dataset.state = 'failing';
    setText(this.#status, 'no answer');
    this.#tell('kaneda board does not answer: it has ended or is busy. Trying again.');
  }

  #tell(text: string): void {
    if (text === this.#shown) return;
    this.#shown = text;
    this.#problem.hidden = text === '';
    setText(this.#problem, text);
  }
}
