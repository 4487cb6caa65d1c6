import { OTHERWISE } from '../../reading/json-cursor.js';
import { ReportScanner } from '../../reading/report-scanner.js';
import type { ExponentialDistribution } from '../../reports/distribution.js';
import type { Report } from '../../reports/report.js';

const CLOSE_BRACE = 0x7d;

/** Reads what a summary looks at from lines as the exporter writes them. */
export class LineScanner extends ReportScanner {
  /**
   * The report of the line from `start` to `end`; `undefined` for a line of another form, which may
   * still be a report.
   */
  scan(bytes: Buffer, start: number, end: number): Report | undefined {
    this.cursor.move(bytes, start, end);
    try {
      const report = this.report();
      return this.cursor.isAtEnd ? report : undefined;
    } catch (thrown) {
      if (thrown === OTHERWISE) return undefined;
      throw thrown;
    }
  }

  protected override member(key: string, report: Report): boolean {
    if (key === 'timestamp') report.timestamp = this.cursor.date();
    else if (key === 'tags')
      report.tags = this.cursor.object() as Exclude<Report['tags'], undefined>;
    else if (key === 'distribution') report.distribution = this.#distribution();
    else return false;
    return true;
  }

  protected override complete(): void {}

  #distribution(): ExponentialDistribution {
    const { cursor } = this;
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
