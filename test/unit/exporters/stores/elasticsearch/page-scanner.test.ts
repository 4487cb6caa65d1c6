import { expect } from 'chai';
import fc from 'fast-check';
import type { Report } from '../../../../../exporters/reports/report.js';
import { endOf } from '../../../../../exporters/stores/elasticsearch/answer-end.js';
import { encode } from '../../../../../exporters/stores/elasticsearch/encode.js';
import {
  type Hit,
  PageScanner,
} from '../../../../../exporters/stores/elasticsearch/page-scanner.js';
import { summarize } from '../../../../../src/reading/summarize.js';
import { anyReport, finite, text } from '../../../../support/any-report.js';

const numbers = fc.record(
  { count: fc.nat(), sum: finite, min: finite, max: finite, mean: finite, own: fc.json() },
  { requiredKeys: [] },
);
const distribution = fc.oneof(
  fc.record({
    scale: fc.integer({ min: -4, max: 6 }),
    zeroCount: fc.nat(3),
    offset: fc.integer({ min: -60, max: 60 }),
    counts: fc.array(fc.nat(3), { maxLength: 9 }),
  }),
  fc.constant({ bounds: [0, 5, 10], counts: [0, 3, 1, 0] }),
);
const report = anyReport({
  value: fc.oneof(finite, text, fc.boolean(), fc.object({ maxDepth: 1 })),
  fields: numbers,
  distribution,
});

const hitOf = (source: string, index = 'app-2026.03.01'): string =>
  `{"_index":"${index}","_id":"x","_score":null,"_source":${source},"sort":[4]}`;
const answerOf = (hits: readonly string[]): Buffer =>
  Buffer.from(
    `{"pit_id":"aZ9_-=","took":3,"timed_out":false,"_shards":{"total":1,"failed":0},` +
      `"hits":{"max_score":null,"hits":[${hits.join(',')}]}}`,
  );
const scanner = new PageScanner('app');
const scanned = (bytes: Buffer): Report[] => [...scanner.reportsOf(bytes)].flat();
const parsed = (bytes: Buffer): Report[] =>
  (JSON.parse(String(bytes)).hits.hits as Hit[]).flatMap((hit) => scanner.reportOf(hit) ?? []);

describe("The scanner of Elasticsearch's answers", () => {
  it('sees in documents what a summary looks at, exactly as JSON.parse does', () => {
    fc.assert(
      fc.property(fc.array(report, { maxLength: 5 }), (reports) => {
        const sources = reports.map((one) => {
          const encoded = encode('app', one);
          return 'lines' in encoded ? encoded.lines.split('\n')[1]! : '{}';
        });
        const bytes = answerOf(sources.map((source) => hitOf(source)));
        const options = { by: ['a', 'host', 'instance'], step: '1h' };
        expect(summarize(scanned(bytes), options)).to.deep.equal(summarize(parsed(bytes), options));
      }),
      { numRuns: 500 },
    );
  });

  it('takes documents of other writers, and leaves out those of other indices', () => {
    const own = '"name":"n","metric":"counter","value":2,"@timestamp":"2026-03-01T10:00:00.000Z"';
    const others = [
      `{${own}}`,
      `{ "escaped \\" } ]":"\\\\", ${own} }`,
      `{${own.replace('.000Z', 'Z')},"labels":"none"}`,
      `{${own.replace('@timestamp', 'timestamp')},"more":[{"a":[1,2]},"]"]}`,
      `{${own.replace(/"2026.*"/, '1772359200000')}}`,
      `{${own},"distribution":{"values":[2,1],"counts":[1,1]},"distribution_scale":3}`,
      `{${own},"distribution":{"values":[1],"counts":[1]},"distribution_scale":1000000}`,
      `{${own},"distribution":{"values":[1],"counts":[1,2]},"distribution_scale":3}`,
      `{${own},"distribution":null,"tags":"one"}`,
      `{${own.replace('2,', '[2],')},"labels":{"a":{"b":["x",null]}},"labels.c":1,"unit":1}`,
      `{${own.replace('.000Z', '')},"labels":{"a":null,"b":[1,2]}}`,
    ];
    const hits = others.map((source) => hitOf(source));
    const bytes = answerOf([
      ...hits,
      hitOf(`{${own}}`, 'app-billing-2026.03.01'),
      hitOf('{}'),
      '{"_index":"app-2026.03.01","_id":"y","_ignored":["a"]}',
    ]);
    expect(parsed(bytes)).to.have.length(others.length);
    expect(summarize(scanned(bytes))).to.deep.equal(summarize(parsed(bytes)));
    expect(summarize(scanned(bytes))[0]).to.include({ count: 20, reports: 10 });
    const [nested, several] = scanned(bytes).slice(-2);
    expect(nested).to.deep.include({ tags: { 'a.b': 'x', c: 1 }, unit: '1', value: 2 });
    expect(several).to.deep.include({ tags: { b: [1, 2] } });
    expect(several!.timestamp.toISOString()).to.equal('2026-03-01T10:00:00.000Z');
  });

  it('forgets the distribution of a document that it could not take', () => {
    const own = '"metric":"timing","count":1,"@timestamp":"2026-03-01T10:00:00.000Z"';
    const bytes = answerOf([
      hitOf(
        `{"distribution":{"values":[1],"counts":[1]},"distribution_scale":3,"name":"\\n",${own}}`,
      ),
      hitOf(`{"name":"without",${own}}`),
    ]);
    const found = scanned(bytes);
    expect(found.map(({ distribution: of }) => of !== undefined)).to.deep.equal([true, false]);
  });

  it('finds where an answer ends, and leaves other answers to the client', () => {
    expect(endOf(answerOf([hitOf('{}')]))).to.deep.equal({ id: 'aZ9_-=', after: [4] });
    expect(endOf(answerOf([]))).to.deep.equal({ id: 'aZ9_-=' });
    const whole = String(answerOf([hitOf('{"sort":[7]}')]));
    for (const other of ['', '<html>', '{}', whole.slice(0, -1), `${whole}\n`, whole.slice(1)])
      expect(endOf(Buffer.from(other)), other).to.equal(undefined);
  });
});
