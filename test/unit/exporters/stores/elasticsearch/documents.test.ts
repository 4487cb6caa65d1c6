import { expect } from 'chai';
import fc from 'fast-check';
import type { Report } from '../../../../../exporters/reports/report.js';
import { indexOf, toDocument } from '../../../../../exporters/stores/elasticsearch/documents.js';
import { encode } from '../../../../../exporters/stores/elasticsearch/encode.js';

const report = (rest: Partial<Report> = {}): Report => ({
  id: '0190b1c4-0000-7000-8000-000000000001',
  name: 'user.profile.views',
  metric: 'counter',
  value: 3,
  timestamp: new Date('2026-11-23T10:00:00.250Z'),
  host: 'web-1',
  ...rest,
});

const encoded = (rest: Partial<Report>) => {
  const result = encode('kaneda', report(rest));
  if ('rejected' in result) throw new Error(result.rejected);
  const [action, document] = result.lines.split('\n').map((line) => JSON.parse(line));
  return { index: result.index, action, document };
};

describe('Elasticsearch documents', () => {
  it('are what Kaneda stores, with the metric beside it', () => {
    const { document } = encoded({ tags: ['new_message', 'follow_request'], appName: 'shop' });
    expect(document).to.deep.equal({
      host: 'web-1',
      name: 'user.profile.views',
      metric: 'counter',
      value: 3,
      tags: ['new_message', 'follow_request'],
      app_name: 'shop',
      '@timestamp': '2026-11-23T10:00:00.250Z',
    });
  });

  it('are created under the id of the report, in the index of its own day', () => {
    const { action, index } = encoded({ timestamp: new Date('2025-02-28T23:59:59.999Z') });
    expect(index).to.equal('kaneda-2025.02.28');
    expect(action).to.deep.equal({ create: { _index: 'kaneda-2025.02.28', _id: report().id } });
    expect(indexOf('app', new Date('2026-01-01T00:00:00Z'))).to.equal('app-2026.01.01');
  });

  it('keep tags with keys apart from lists, and leave out empty ones', () => {
    const { document } = encoded({ tags: { route: '/a', status: 200, cached: true } });
    expect(document.labels).to.deep.equal({ route: '/a', status: 200, cached: true });
    expect(document).to.not.have.property('tags');
    expect(encoded({ tags: [] }).document).to.not.have.property('tags');
    expect(encoded({ tags: {} }).document).to.not.have.property('labels');
  });

  it('keep numbers among the labels as numbers, too, and rename a label without a name', () => {
    const { document } = encoded({
      tags: { status: 200, ratio: 0.5, ok: true, 'a.b': 'x', '': 1 },
    });
    expect(document.labels).to.deep.equal({
      status: 200,
      ratio: 0.5,
      ok: true,
      'a.b': 'x',
      field_: 1,
    });
    expect(document.numeric_labels).to.deep.equal({ status: 200, ratio: 0.5, field_: 1 });
    expect(encoded({ tags: { a: 'b' } }).document).to.not.have.property('numeric_labels');
  });

  it('keep objects out of fields that are mapped as numbers, and dots from leading into ours', () => {
    for (const value of [{ a: 1 }, [1, { b: 2 }], [[{ c: 3 }]]]) {
      const { document } = encoded({ value });
      expect(document).to.not.have.property('value');
      expect(document.fields).to.deep.equal({ value });
    }
    for (const value of [null, [1, ['a', null]], 'text', true])
      expect(encoded({ value }).document.value).to.deep.equal(value);
    const fields = { count: { a: 1 }, sum: 2, 'value.x': 3, 'host.name': 4, 'a.b': 5, 'a..b': 6 };
    const { document } = encoded({ fields: { ...fields, 'x.': 7, 'p99.y': 8 } });
    expect(document).to.include({
      sum: 2,
      'field_value.x': 3,
      'field_host.name': 4,
      'a.b': 5,
      'a\uff0e\uff0eb': 6,
      'x\uff0e': 7,
      'field_p99.y': 8,
    });
    expect(document).to.not.have.property('count');
    expect(document.fields.count).to.deep.equal({ a: 1 });
  });

  it('unpack the fields and copy for searching those that are not mapped', () => {
    const { value: _, ...rest } = report({
      fields: { status: 'ok', count: 2, p99: 0.5, inner: { deep: [1] } },
    });
    const document = toDocument(rest);
    expect(document).to.include({ status: 'ok', count: 2, p99: 0.5 });
    expect(document.fields).to.deep.equal({ status: 'ok', inner: { deep: [1] } });
    expect(document).to.not.have.property('value');
    expect(toDocument(report({ fields: { count: 1 } }))).to.not.have.property('fields');
  });

  it('never let a field of the user hide one of ours, or take a name that the store keeps or refuses', () => {
    const hostile = JSON.parse(
      '{"host":1,"_id":2,"":3," ":4,"@timestamp":5,"labels":6,"fields":7,"app_name":8,"__proto__":{"a":9}}',
    );
    const { document } = encoded({ fields: hostile });
    expect(document).to.include({
      host: 'web-1',
      field_host: 1,
      field__id: 2,
      field_: 3,
      'field_ ': 4,
      'field_@timestamp': 5,
    });
    expect(document).to.include({ field_labels: 6, field_fields: 7, field_app_name: 8 });
    expect(document).to.have.own.property('field___proto__').that.deep.equals({ a: 9 });
    expect(document['@timestamp']).to.equal('2026-11-23T10:00:00.250Z');
  });

  it('spell NUL out in keys that are searched, at any depth', () => {
    const { document } = encoded({
      fields: { 'a\0b': { 'c\0': ['x\0y', { 'd\0': 1 }] } },
      tags: { 'k\0': 'v\0' },
    });
    expect(document.fields).to.deep.equal({ 'a\\0b': { 'c\\0': ['x\0y', { 'd\\0': 1 }] } });
    expect(document.labels).to.deep.equal({ 'k\\0': 'v\0' });
  });

  it('write every digit of a bigint', () => {
    expect(encoded({ value: 9007199254740993n as never }).document.value).to.equal(
      '9007199254740993',
    );
    expect(encoded({ fields: { n: [1n] } }).document.n).to.deep.equal(['1']);
  });

  it('are refused one by one: ids that the whole request would fail for, and what is no JSON', () => {
    expect(encode('kaneda', report({ id: '' }))).to.have.property('rejected');
    expect(encode('kaneda', report({ id: 'é'.repeat(257) }))).to.have.property('rejected');
    expect(encode('kaneda', report({ id: 'é'.repeat(256) }))).to.not.have.property('rejected');
    const cyclic: Record<string, unknown> = {};
    cyclic.self = cyclic;
    expect(encode('kaneda', report({ fields: { cyclic } }))).to.have.property('rejected');
    expect(encode('kaneda', report({ timestamp: new Date(Number.NaN) }))).to.have.property(
      'rejected',
    );
  });

  it('are always two lines of JSON that carry the value unchanged', () => {
    fc.assert(
      fc.property(
        fc.jsonValue(),
        fc.string({ unit: 'binary' }),
        fc.dictionary(fc.string({ unit: 'binary' }), fc.string()),
        (value, name, tags) => {
          const { document } = encoded({ value: value as never, name: name.toWellFormed(), tags });
          const stored = 'value' in document ? document.value : document.fields.value;
          expect(stored).to.deep.equal(JSON.parse(JSON.stringify(value)));
          expect(document.name).to.equal(name.toWellFormed());
          expect(Object.keys(document.labels ?? {})).to.have.lengthOf(Object.keys(tags).length);
        },
      ),
    );
  });
});
