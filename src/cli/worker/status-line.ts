import { createLogUpdate } from 'log-update';

type Write = NodeJS.WriteStream['write'];

/**
 * A line at the foot of a terminal that is rewritten. What anything else writes there meanwhile
 * stands above it.
 */
export class StatusLine {
  readonly #draw: ReturnType<typeof createLogUpdate>;
  readonly #restore: (() => void)[] = [];
  #text = '';

  /**
   * @param out the terminal.
   * @param others streams that go to a terminal as well: the same one, as far as can be told.
   */
  constructor(out: NodeJS.WriteStream, others: readonly NodeJS.WriteStream[]) {
    const write = out.write.bind(out) as Write;
    const foot = Object.create(out, { write: { value: write } }) as NodeJS.WriteStream;
    // A hidden cursor would stay hidden after kill -9, and its library would end the program at the
    // first SIGINT.
    this.#draw = createLogUpdate(foot, { showCursor: true });
    for (const stream of new Set([out, ...others.filter(({ isTTY }) => isTTY)]))
      this.#yieldTo(stream);
  }

  show(text: string): void {
    this.#text = text;
    this.#draw(text);
  }

  /** Leaves the line as it is; what follows stands below. */
  end(): void {
    for (const restore of this.#restore.splice(0)) restore();
    this.#draw.done();
  }

  /**
   * Passes on what others write to the stream: it takes the line's place, and the line comes again
   * below it.
   */
  #yieldTo(stream: NodeJS.WriteStream): void {
    const write = stream.write;
    const instead = ((chunk: string | Uint8Array, ...rest: never[]) => {
      this.#draw.clear();
      const room = (write as (...args: unknown[]) => boolean).call(stream, chunk, ...rest);
      // After half a line it waits for its next turn.
      if (this.#text !== '' && endsLine(chunk)) this.#draw(this.#text);
      return room;
    }) as Write;
    stream.write = instead;
    this.#restore.push(() => {
      // A later wrapper stays in place.
      if (stream.write === instead) stream.write = write;
    });
  }
}

function endsLine(chunk: string | Uint8Array): boolean {
  return typeof chunk === 'string' ? chunk.endsWith('\n') : chunk.at(-1) === 0x0a;
}
