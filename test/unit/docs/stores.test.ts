import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import type { Report } from '../../../exporters/reports/report.js';
import { encode } from '../../../exporters/stores/influxdb/encode.js';
import { toDocument as toMongo } from '../../../exporters/stores/mongodb/documents.js';
import { toDocument as toRethink } from '../../../exporters/stores/rethinkdb/documents.js';
import { examples } from './store-examples.js';

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

/** What each page shows of a report. RethinkDB's times are shown as its driver gives them. */
const SHOWN: Readonly<Record<string, (report: Report) => unknown>> = {
  mongodb: (report) => plain(toMongo(report)),
  rethinkdb: (report) => plain({ ...toRethink(report), timestamp: report.timestamp }),
  influxdb: (report) => encode(report, { nameAsTag: false }, { numberType: () => undefined }),
};

/** The blocks of a page, by what their first line says after the language. */
function blocksOf(page: string): Map<string, unknown> {
  const text = readFileSync(new URL(`../../../docs/stores/${page}.md`, import.meta.url), 'utf8');
  const blocks = [...text.matchAll(/^```(json|text) (.+)\n([\s\S]*?)\n```$/gm)];
  return new Map(
    blocks.map(([, language, title, body]) => [
      title!,
      language === 'json' ? JSON.parse(body!) : body,
    ]),
  );
}

describe('the pages of the stores', () => {
  for (const [page, shown] of Object.entries(SHOWN)) {
    it(`${page}.md shows what every call leaves in the store`, async () => {
      const made = await examples();
      const wanted = new Map([...made].map(([title, report]) => [title, shown(report)]));
      const found = blocksOf(page);
      expect([...found.keys()].sort()).to.deep.equal([...wanted.keys()].sort());
      for (const [title, document] of found)
        expect(document, title).to.deep.equal(wanted.get(title));
    });
  }
});
