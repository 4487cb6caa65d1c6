import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { reportOf } from '../../../exporters/reading/from-document.js';
import type { Report } from '../../../exporters/reports/report.js';
import { chunksOf, isGzip, wholeLines } from '../../../exporters/stores/logger/lines.js';
import type { SourceReader } from './source.js';

const CHUNK_BYTES = 262_144;

/**
 * Reads a log file, and then only the lines that were added; begins again with a file that another
 * one took the place of, or that is compressed.
 */
export class LogTail implements SourceReader {
  readonly #file: string;
  #inode: number | undefined;
  /** Bytes of whole lines that were read. */
  #offset = 0;
  #lines = 0;
  #isCompressed = false;

  constructor(file: string) {
    this.#file = file;
  }

  async *read(since: Date | undefined, signal: AbortSignal): AsyncGenerator<Report, void> {
    const { ino, size } = await stat(this.#file);
    if (ino !== this.#inode || size < this.#offset) this.#offset = 0;
    this.#inode = ino;
    if (size === this.#offset) return;
    if (this.#isCompressed) this.#offset = 0;
    if (this.#offset === 0) this.#isCompressed = await isGzip(this.#file);
    // A line that was added later is new, whatever its time.
    const from = this.#offset === 0 ? since : undefined;
    const lines = this.#isCompressed ? this.#allLines(size, signal) : this.#linesTo(size, signal);
    for await (const line of lines) {
      const report = parseLine(line, `${ino}:${this.#lines++}`);
      if (report !== undefined && (from === undefined || report.timestamp >= from)) yield report;
    }
  }

  /** All lines, of a file that was compressed and grows no more. */
  async *#allLines(size: number, signal: AbortSignal): AsyncGenerator<string, void> {
    for await (const { bytes } of chunksOf(this.#file, signal)) yield* bytes.toString().split('\n');
    this.#offset = size;
  }

  /** Whole lines up to a size: a line that is still being written is read the next time. */
  async *#linesTo(size: number, signal: AbortSignal): AsyncGenerator<string, void> {
    const start = this.#offset;
    const range = { start, end: size - 1, highWaterMark: CHUNK_BYTES, signal };
    const pieces = createReadStream(this.#file, range) as AsyncIterable<Buffer>;
    for await (const { bytes, isCut, done } of wholeLines(pieces)) {
      if (!isCut) yield* bytes.toString().split('\n');
      this.#offset = start + done;
    }
  }
}

/**
 * A line's report; `undefined` for a line that is not a report. `id`: of a report that has none,
 * such as Kaneda's own.
 */
function parseLine(line: string, id: string): Report | undefined {
  try {
    return line === '' ? undefined : reportOf(JSON.parse(line), id);
  } catch {
    return undefined;
  }
}
