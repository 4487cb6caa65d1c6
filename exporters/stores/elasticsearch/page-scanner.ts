import type { estypes } from '@elastic/elasticsearch';
import { OTHERWISE } from '../../reading/json-cursor.js';
import { ReportScanner } from '../../reading/report-scanner.js';
import type { Report } from '../../reports/report.js';
import { fromHistogramField, type HistogramField } from './distribution-field.js';
import { isOwnIndex } from './documents.js';
import { LABELS, toTags } from './labels-field.js';
import { isStoredScale, toReport } from './stored.js';

const [OPEN_BRACE, CLOSE_BRACE] = [0x7b, 0x7d];
const [OPEN_BRACKET, CLOSE_BRACKET] = [0x5b, 0x5d];
const COLON = 0x3a;

/** Reports that are given out together. */
const PART = 500;

/** A document that was found. */
export type Hit = estypes.SearchHit<Readonly<Record<string, unknown>>>;

/**
 * Reads what a summary looks at from the bytes of a search's answer. A document of another form
 * than the exporter's is left to JSON's own parser.
 */
export class PageScanner extends ReportScanner {
  readonly #indexName: string;
  readonly #ours = new Map<string, boolean>();
  readonly #tags = new WeakMap<object, Exclude<Report['tags'], undefined>>();
  #distribution: HistogramField | undefined;
  #scale: number | undefined;

  constructor(indexName: string) {
    super();
    this.#indexName = indexName;
  }

  /**
   * The reports of an answer, in parts that are garbage before the collector moves them.
   * @throws OTHERWISE, or SyntaxError, for bytes that are none.
   */
  *reportsOf(bytes: Buffer): Generator<readonly Report[], void> {
    const { cursor } = this;
    let reports: Report[] = [];
    cursor.move(bytes, 0, bytes.length);
    this.#enter('hits');
    this.#enter('hits');
    cursor.expect(OPEN_BRACKET);
    if (cursor.byte === CLOSE_BRACKET) return;
    do {
      const report = this.#hitAt(bytes, cursor.at);
      if (report !== undefined) reports.push(report);
      if (reports.length < PART) continue;
      yield reports;
      reports = [];
    } while (cursor.more(CLOSE_BRACKET));
    yield reports;
  }

  /** The report of a hit that the client has parsed. */
  reportOf({ _id = '', _index, _source = {} }: Hit): Report | undefined {
    return this.#isOurs(_index) ? toReport(_id, _source) : undefined;
  }

  /** Moves to the value of a member of the object at the cursor. */
  #enter(key: string): void {
    const { cursor } = this;
    cursor.expect(OPEN_BRACE);
    while (cursor.text() !== key) {
      cursor.expect(COLON);
      cursor.skip();
      if (!cursor.more(CLOSE_BRACE)) throw OTHERWISE;
    }
    cursor.expect(COLON);
  }

  #hitAt(bytes: Buffer, start: number): Report | undefined {
    try {
      return this.#hit();
    } catch (thrown) {
      if (thrown !== OTHERWISE) throw thrown;
      this.cursor.at = start;
      this.cursor.skip();
      return this.reportOf(JSON.parse(bytes.toString('utf8', start, this.cursor.at)) as Hit);
    }
  }

  #hit(): Report | undefined {
    const { cursor } = this;
    let isOurs = false;
    let report: Report | undefined;
    this.#distribution = undefined;
    this.#scale = undefined;
    cursor.expect(OPEN_BRACE);
    do {
      const key = cursor.text();
      cursor.expect(COLON);
      if (key === '_index') isOurs = this.#isOurs(cursor.text());
      else if (key === '_source') report = this.report();
      else cursor.skip();
    } while (cursor.more(CLOSE_BRACE));
    return isOurs ? report : undefined;
  }

  protected override member(key: string, report: Report): boolean {
    const { cursor } = this;
    switch (key) {
      case '@timestamp':
        report.timestamp = cursor.date();
        return true;
      case 'labels':
        if (cursor.byte !== OPEN_BRACE) throw OTHERWISE;
        report.tags = this.#tagsOf(cursor.object() as object);
        return true;
      case 'distribution':
        this.#distribution = this.#field();
        return true;
      case 'distribution_scale':
        this.#scale = cursor.integer();
        return true;
      // Lists of tags, and objects as values, are rare.
      case 'tags':
      case 'fields':
        throw OTHERWISE;
      default:
        if (key.startsWith(LABELS)) throw OTHERWISE;
        return false;
    }
  }

  /** Equal labels are one object. */
  #tagsOf(labels: object): Exclude<Report['tags'], undefined> {
    let tags = this.#tags.get(labels);
    if (tags === undefined) {
      tags = toTags({ labels })!;
      this.#tags.set(labels, tags);
    }
    return tags;
  }

  protected override complete(report: Report): void {
    const [field, scale] = [this.#distribution, this.#scale];
    if (field === undefined) return;
    if (!isStoredScale(scale) || field.values.length !== field.counts.length) throw OTHERWISE;
    report.distribution = fromHistogramField(field, { scale });
  }

  #field(): HistogramField {
    const { cursor } = this;
    cursor.literal('{"values":');
    const values = cursor.ascending();
    cursor.literal(',"counts":');
    const counts = cursor.counts();
    cursor.expect(CLOSE_BRACE);
    return { values, counts };
  }

  #isOurs(index: string): boolean {
    let isOurs = this.#ours.get(index);
    if (isOurs === undefined) {
      isOurs = isOwnIndex(this.#indexName, index);
      this.#ours.set(index, isOurs);
    }
    return isOurs;
  }
}
