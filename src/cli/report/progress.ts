import { monotonic } from '../../../exporters/timing/real-timers.js';

/** Time between two updates: nobody can read faster ones. */
const EVERY_MS = 200;

/** Shows how far the reading is, in one line on a terminal that goes away at the end. */
export class Progress {
  readonly #show: ((text: string) => void) | undefined;
  readonly #clear: () => void;
  readonly #bytes: number | undefined;
  #shown = monotonic();
  #reports = 0;
  #done = 0;
  #file = 0;

  private constructor(
    bytes: number | undefined,
    show?: (text: string) => void,
    clear = (): void => {},
  ) {
    this.#bytes = bytes;
    this.#show = show;
    this.#clear = clear;
  }

  /** @param bytes of all files together, where files are read. */
  static async of(out: NodeJS.WriteStream, bytes: number | undefined): Promise<Progress> {
    if (!out.isTTY) return new Progress(bytes);
    const { createLogUpdate } = await import('log-update');
    const line = createLogUpdate(out, { showCursor: true });
    return new Progress(bytes, line, () => line.clear());
  }

  /** Takes how much of the next file was read. */
  fileReader(): (bytes: number) => void {
    this.#done += this.#file;
    this.#file = 0;
    return (bytes) => {
      this.#file = bytes;
    };
  }

  add(reports: number): void {
    this.#reports += reports;
    if (this.#show === undefined || monotonic() - this.#shown < EVERY_MS) return;
    this.#shown = monotonic();
    this.#show(`kaneda report: ${this.#reports.toLocaleString('en')} reports read${this.#share()}`);
  }

  end(): void {
    this.#clear();
  }

  #share(): string {
    if (!this.#bytes) return '';
    return `, ${Math.min(100, Math.floor(((this.#done + this.#file) / this.#bytes) * 100))} %`;
  }
}
