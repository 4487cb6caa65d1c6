import { open, readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { ImproperlyConfiguredError } from '../../errors.js';
import { tell } from '../../problems/tell.js';
import { reportOf } from '../../reading/from-document.js';
import type { ReadQuery } from '../../reading/query.js';
import type { Report } from '../../reports/report.js';
import { LineScanner } from './line-scanner.js';
import { chunksOf } from './lines.js';

/**
 * The part of a file's end that is read again: more than the lines that others may have added
 * since.
 */
const TAIL_BYTES = 1_048_576;
const NEWLINE = 0x0a;

/**
 * Returns true when the line of a report with this id stands near the end of a file; `undefined`
 * for what cannot be read again, a pipe or a terminal.
 */
export async function hasLine(filename: string, id: string): Promise<boolean | undefined> {
  if (!(await stat(filename)).isFile()) return undefined;
  const handle = await open(filename, 'r');
  try {
    const { size } = await handle.stat();
    const tail = Buffer.alloc(Math.min(size, TAIL_BYTES));
    await handle.read(tail, 0, tail.length, size - tail.length);
    return tail.includes(`"id":${JSON.stringify(id)}`);
  } finally {
    await handle.close();
  }
}

/**
 * The reports in a log file, in the order of its lines. Lines that are not reports are left out and
 * counted, with one warning. A rotated file is read by its own name, also when it is compressed by
 * gzip.
 * @throws ImproperlyConfiguredError for a file that cannot be read.
 */
export async function* readLogFile(
  filename: string,
  query: ReadQuery,
): AsyncGenerator<readonly Report[], void> {
  const lines = new Lines(query);
  try {
    for await (const { bytes, read, isCut } of chunksOf(filename, query.signal)) {
      query.onProgress?.(read);
      yield lines.parse(bytes, isCut);
    }
  } catch (error) {
    throw query.signal.aborted ? query.signal.reason : await unreadable(filename, error);
  }
  lines.tell(filename);
}

/** Makes reports of lines, and counts lines that are not reports. */
class Lines {
  readonly #query: ReadQuery;
  /** A line that has none of these texts is of another name. */
  readonly #marks: readonly Buffer[] | undefined;
  readonly #scanner: LineScanner | undefined;
  #count = 0;
  #skipped = 0;
  #firstSkipped = 0;

  constructor(query: ReadQuery) {
    this.#query = query;
    this.#marks = query.names?.map((name) => Buffer.from(JSON.stringify(name)));
    if (query.isForSummary) this.#scanner = new LineScanner();
  }

  parse(bytes: Buffer, isCut: boolean): Report[] {
    const reports: Report[] = [];
    for (let start = 0, end = 0; start <= bytes.length; start = end + 1) {
      end = bytes.indexOf(NEWLINE, start);
      if (end < 0) end = bytes.length;
      this.#count += 1;
      if (end - start < 2 || !this.#isWanted(bytes, start, end)) continue;
      const report =
        this.#scanner?.scan(bytes, start, end) ??
        this.#reportOf(bytes.toString('utf8', start, end));
      if (report !== undefined) reports.push(report);
      else if (!isCut) this.#skip();
    }
    return reports;
  }

  #isWanted(bytes: Buffer, start: number, end: number): boolean {
    if (this.#marks === undefined) return true;
    const line = bytes.subarray(start, end);
    return this.#marks.some((mark) => line.includes(mark));
  }

  tell(filename: string): void {
    if (this.#skipped === 0) return;
    const what =
      this.#skipped === 1
        ? `line ${this.#firstSkipped} is not a report and was left out`
        : `${this.#skipped} lines are not reports and were left out, the first is line ${this.#firstSkipped}`;
    const message = `kaneda-otel: ${filename}: ${what}`;
    tell({ code: 'KANEDA_SKIPPED', message, target: filename }, this.#query.onProblem);
  }

  #reportOf(line: string): Report | undefined {
    try {
      const document: unknown = JSON.parse(line);
      return typeof document === 'object' && document !== null
        ? reportOf(document as Record<string, unknown>, `line ${this.#count}`)
        : undefined;
    } catch {
      return undefined;
    }
  }

  #skip(): void {
    if (this.#skipped === 0) this.#firstSkipped = this.#count;
    this.#skipped += 1;
  }
}

/** The remedies for a file that cannot be read, by the system's code. */
const REMEDIES: Readonly<Record<string, string>> = {
  EACCES: 'no permission to read it: grant read access to this user',
  EPERM: 'no permission to read it: grant read access to this user',
  EISDIR: 'it is a directory: name a file',
  ENOTDIR: 'a part of its path is not a directory: correct the path',
  Z_DATA_ERROR: 'its compressed data is damaged',
  Z_BUF_ERROR: 'its compressed data ends too early',
};

async function unreadable(filename: string, error: unknown): Promise<unknown> {
  const { code = '' } = Object(error) as { code?: string };
  const remedy = code === 'ENOENT' ? await explainMissing(filename) : REMEDIES[code];
  return remedy === undefined
    ? error
    : new ImproperlyConfiguredError(`cannot read ${filename}: ${remedy}`, { cause: error });
}

/** Right after a rotation only the files that were put aside are there. */
async function explainMissing(filename: string): Promise<string> {
  const names = await readdir(dirname(filename)).catch(() => []);
  const rotated = names.filter((name) => name.startsWith(`${basename(filename)}.`)).sort();
  return rotated.length === 0
    ? 'there is no such file: correct the path, or let the application write it first'
    : `there is no such file; rotated ones are ${rotated.map((name) => join(dirname(filename), name)).join(', ')}: name one of them`;
}
