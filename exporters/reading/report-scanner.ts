import type { Report } from '../reports/report.js';
import { JsonCursor, OTHERWISE } from './json-cursor.js';

const [QUOTE, COLON, OPEN_BRACE, CLOSE_BRACE] = [0x22, 0x3a, 0x7b, 0x7d];

type Fields = Partial<Record<'count' | 'sum' | 'min' | 'max' | 'mean', number>>;

/**
 * Reads of a report's JSON what a summary looks at, several times as fast as a parser that makes an
 * object of all of it: the id and stored percentiles are passed over. It knows the form in which an
 * exporter writes documents.
 */
export abstract class ReportScanner {
  protected readonly cursor = new JsonCursor();

  /**
   * Takes a member that differs from store to store: the time, tags, distribution.
   * @returns false for one that is not used.
   */
  protected abstract member(key: string, report: Report): boolean;

  /** Adds what only the whole document tells. */
  protected abstract complete(report: Report): void;

  /** The report at the cursor, which is then behind it. @throws OTHERWISE for any other form. */
  protected report(): Report {
    const { cursor } = this;
    const report = { id: '', host: '' } as Report;
    const fields: Fields = {};
    let valueAt: number | undefined;
    cursor.expect(OPEN_BRACE);
    do {
      const key = cursor.text();
      cursor.expect(COLON);
      if (key === 'value') valueAt = cursor.at;
      if (!this.#field(key, fields) && !this.#text(key, report) && !this.member(key, report))
        cursor.skip();
    } while (cursor.more(CLOSE_BRACE));
    const { name, metric, timestamp } = report as Partial<Report>;
    if (name === undefined || metric === undefined || timestamp === undefined) throw OTHERWISE;
    if (fields.count !== undefined) report.fields = fields;
    // The value of an aggregated timing is its mean, which is not used.
    const isMean = fields.count! >= 0 && (metric === 'timing' || metric === 'histogram');
    if (valueAt !== undefined && !isMean) report.value = this.#valueAt(valueAt);
    this.complete(report);
    return report;
  }

  // Each assignment names its member: V8 makes those by a variable name several times as slow.
  #field(key: string, fields: Fields): boolean {
    const { cursor } = this;
    if (key === 'count') fields.count = cursor.number();
    else if (key === 'sum') fields.sum = cursor.number();
    else if (key === 'min') fields.min = cursor.number();
    else if (key === 'max') fields.max = cursor.number();
    // Beside a sum it is not needed.
    else if (key === 'mean' && fields.sum === undefined) fields.mean = cursor.number();
    else return false;
    return true;
  }

  #text(key: string, report: Report): boolean {
    const { cursor } = this;
    if (key === 'host') report.host = cursor.text();
    else if (key === 'name') report.name = cursor.text();
    else if (key === 'metric') report.metric = cursor.text();
    else if (key === 'unit') report.unit = cursor.text();
    else if (key === 'instance') report.instance = cursor.text();
    else if (key === 'app_name') report.appName = cursor.text();
    else if (key === 'start_timestamp') report.startTimestamp = cursor.date();
    else return false;
    return true;
  }

  #valueAt(at: number): string | number {
    const { cursor } = this;
    const end = cursor.at;
    cursor.at = at;
    const value = cursor.byte === QUOTE ? cursor.text() : cursor.number();
    cursor.at = end;
    return value;
  }
}
