import type { ExponentialDistribution } from '../../reports/distribution.js';
import type { Report } from '../../reports/report.js';
import { JsonCursor, OTHERWISE } from './json-cursor.js';

const [QUOTE, COLON, OPEN_BRACE, CLOSE_BRACE] = [0x22, 0x3a, 0x7b, 0x7d];

/**
 * Reads of a line what a summary looks at, several times as fast as a parser that makes an object
 * of all of it: the id and stored percentiles are passed over. It knows the form in which the
 * exporter writes lines.
 */
export class LineScanner {
  readonly #cursor = new JsonCursor();

  /**
   * The report of the line from `start` to `end`; `undefined` for a line of another form, which may
   * still be a report.
   */
  scan(bytes: Buffer, start: number, end: number): Report | undefined {
    this.#cursor.move(bytes, start, end);
    try {
      return this.#report();
    } catch (thrown) {
      if (thrown === OTHERWISE) return undefined;
      throw thrown;
    }
  }

  #report(): Report {
    const cursor = this.#cursor;
    const report = { id: '', host: '' } as Report;
    const fields: Record<string, unknown> = {};
    let valueAt: number | undefined;
    cursor.expect(OPEN_BRACE);
    do {
      const key = cursor.text();
      cursor.expect(COLON);
      if (key === 'value') valueAt = cursor.at;
      this.#field(key, report, fields);
    } while (cursor.more(CLOSE_BRACE));
    const { name, metric, timestamp } = report as Partial<Report>;
    if (!cursor.isAtEnd || name === undefined || metric === undefined || timestamp === undefined)
      throw OTHERWISE;
    if (fields.count !== undefined) report.fields = fields;
    // The value of an aggregated timing is its mean, which is not used.
    const isMean = report.fields !== undefined && (metric === 'timing' || metric === 'histogram');
    if (valueAt !== undefined && !isMean) report.value = this.#valueAt(valueAt);
    return report;
  }

  #field(key: string, report: Report, fields: Record<string, unknown>): void {
    const cursor = this.#cursor;
    switch (key) {
      case 'name':
      case 'metric':
      case 'instance':
      case 'unit':
      case 'host':
        report[key] = cursor.text();
        return;
      case 'app_name':
        report.appName = cursor.text();
        return;
      case 'timestamp':
        report.timestamp = cursor.date();
        return;
      case 'start_timestamp':
        report.startTimestamp = cursor.date();
        return;
      case 'count':
      case 'sum':
      case 'min':
      case 'max':
      case 'mean':
        fields[key] = cursor.number();
        return;
      case 'tags':
        report.tags = cursor.object() as Exclude<Report['tags'], undefined>;
        return;
      case 'distribution':
        report.distribution = this.#distribution();
        return;
      default:
        cursor.skip();
    }
  }

  #valueAt(at: number): string | number {
    const cursor = this.#cursor;
    cursor.at = at;
    return cursor.byte === QUOTE ? cursor.text() : cursor.number();
  }

  #distribution(): ExponentialDistribution {
    const cursor = this.#cursor;
    cursor.literal('{"scale":');
    const scale = cursor.integer();
    cursor.literal(',"zeroCount":');
    const zeroCount = cursor.integer();
    cursor.literal(',"offset":');
    const offset = cursor.integer();
    cursor.literal(',"counts":');
    const counts = cursor.counts();
    cursor.expect(CLOSE_BRACE);
    return { scale, zeroCount, offset, counts };
  }
}
