import { Follower } from './follower.js';
import { LiveCells } from './live-cells.js';
import type { BoardData, By, Range } from './protocol.js';
import type { Question } from './series/view.js';
import { answer } from './series/view.js';
import type { Answers } from './server.js';
import type { Source } from './source.js';

/** The data behind the page: what a source gets, and the cells of running processes. */
export class Board {
  readonly #source: Source;
  readonly #cells: LiveCells;
  readonly #followers = new Map<Range, Follower>();
  readonly #end = new AbortController();

  /** `directory`: only cells of processes that publish there. */
  constructor(source: Source, directory: string | undefined) {
    this.#source = source;
    this.#cells = new LiveCells(directory);
  }

  /** The answers that the page may ask for. */
  readonly answers: Answers = {
    '/data': (parameters) => this.#data(parameters),
    '/cells': () => this.#cells.read(),
  };

  /** Ends all reading. */
  close(): void {
    this.#end.abort();
  }

  #data(parameters: URLSearchParams): BoardData {
    const now = Date.now();
    const { ranges } = this.#source;
    const range = ranges.find((one) => one === parameters.get('range')) ?? ranges[0] ?? '1h';
    let follower = this.#followers.get(range);
    if (follower === undefined) {
      follower = new Follower(this.#source, range, this.#end.signal);
      this.#followers.set(range, follower);
    }
    follower.wake();
    return answer(follower.recent, questionOf(parameters), follower.state, follower.span(now));
  }
}

function questionOf(parameters: URLSearchParams): Question {
  const by = parameters.getAll('by').map((text): [number, By] => {
    const colon = text.indexOf(':');
    return [Number(text.slice(0, colon)), text.slice(colon + 1) as By];
  });
  return {
    epoch: parameters.get('epoch') ?? undefined,
    revision: Number(parameters.get('revision')) || 0,
    by: new Map(by),
    all: new Set(parameters.getAll('all').map(Number)),
  };
}
