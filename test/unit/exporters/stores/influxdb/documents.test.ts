import { expect } from 'chai';
import type { Report } from '../../../../../exporters/reports/report.js';
import { nanoseconds, toDocument } from '../../../../../exporters/stores/influxdb/documents.js';
import { encode } from '../../../../../exporters/stores/influxdb/encode.js';
import { FieldTypes } from '../../../../../exporters/stores/influxdb/field-types.js';

const report = (rest: Partial<Report> = {}): Report => ({
  id: '0190b1c4-0000-7000-8000-000000000001',
  name: 'user.profile.views',
  metric: 'gauge',
  value: 1,
  timestamp: new Date('2026-11-23T10:00:00.250Z'),
  host: 'web-1',
  ...rest,
});

const TIME = '1795428000250000000';
const line = (rest: Partial<Report> = {}, nameAsTag = false, integers: string[] = []): string => {
  const types = new FieldTypes(integers);
  const whole = encode(report(rest), { nameAsTag }, types);
  expect(whole.endsWith(` ${TIME}`), whole).to.equal(true);
  return whole.slice(0, -TIME.length - 1);
};

describe('Line protocol', () => {
  it("writes Kaneda's points: type, host and tags, name and value as fields", () => {
    expect(line({ tags: { route: '/a', status: 200 } })).to.equal(
      'gauge,host=web-1,route=/a,status=200 name="user.profile.views",value=1',
    );
    expect(line({ value: 0.3, fields: { count: 2, p99: 0.5 }, metric: 'timing' })).to.equal(
      'timing,host=web-1 name="user.profile.views",value=0.3,count=2,p99=0.5',
    );
    expect(line({ appName: 'shop' }, true)).to.equal(
      'gauge,host=web-1,app_name=shop,name=user.profile.views value=1',
    );
  });

  it('joins a list of tags, sorted', () => {
    expect(line({ tags: ['b', 'a c'] })).to.equal(
      'gauge,host=web-1,tags=a\\ c\\,b name="user.profile.views",value=1',
    );
  });

  it('escapes what separates, and spells out what would end the line', () => {
    expect(line({ metric: 'a b,c=d', tags: { 'k=,': 'v =\n' } })).to.equal(
      'a\\ b\\,c=d,host=web-1,k\\=\\,=v\\ \\=\\n name="user.profile.views",value=1',
    );
    expect(line({ metric: '#x' })).to.match(/^_#x,/);
    expect(line({ metric: 'event', value: 'say "\\"\nnow' })).to.include(
      'value="say \\"\\\\\\"\nnow"',
    );
  });

  it('never lets a tag hide ours, and leaves out empty ones', () => {
    expect(line({ tags: { host: 'mine', time: 1, name: 'x', tags: 'y', empty: '' } })).to.match(
      /^gauge,host=web-1,tag_host=mine,tag_time=1,tag_name=x,tag_tags=y /,
    );
  });

  it('rejects what no escape can express', () => {
    for (const bad of [
      { tags: { path: 'C:\\' } },
      { tags: { 'a\\': 'b' } },
      { metric: 'm\\' },
      { fields: { 'f\\': 1 } },
    ]) {
      expect(() => line(bad)).to.throw(/backslash/);
    }
  });

  it('writes numbers as floats, integers where they are wanted, every digit of a bigint', () => {
    expect(line({ value: 3 }, false, ['value'])).to.include('value=3i');
    expect(line({ value: 3.5 }, false, ['value'])).to.include('value=3.5');
    expect(line({ value: 2n ** 60n })).to.include('value=1152921504606846976i');
    expect(line({ value: 2n ** 70n })).to.include('value="1180591620717411303424"');
    expect(line({ value: 1e21 })).to.include('value=1e+21');
  });

  it('flattens objects with dots, writes lists as JSON and dates as ISO text, leaves out null', () => {
    const fields = {
      a: { b: { c: true } },
      list: [1, 'x'],
      when: new Date(0),
      none: null,
      time: 1,
    };
    expect(line({ value: null, fields, metric: 'custom' })).to.equal(
      'custom,host=web-1 name="user.profile.views",a.b.c=true,list="[1,\\"x\\"]",when="1970-01-01T00:00:00.000Z",field_time=1',
    );
  });

  it('writes the process as a text, and the distribution as compact JSON', () => {
    const distribution = { scale: 6, zeroCount: 1, offset: -3, counts: [2, 0, 5] };
    expect(
      line({ metric: 'timing', value: 0.5, fields: { count: 8 }, instance: 'h:1', distribution }),
    ).to.equal(
      'timing,host=web-1 name="user.profile.views",value=0.5,count=8,instance="h:1",' +
        'distribution="{\\"scale\\":6,\\"zeroCount\\":1,\\"offset\\":-3,\\"counts\\":[2,0,5]}"',
    );
  });

  const layouts = {
    plain: { nameAsTag: false },
    tags: { nameAsTag: false, instanceAsTag: true },
    victoria: { nameAsTag: true, instanceAsTag: true, numbersOnly: true },
    third: { nameAsTag: false, tagsAreColumns: true },
  };
  const parts = (layout: keyof typeof layouts, rest: Partial<Report>) => {
    const { tags, fields } = toDocument(report(rest), layouts[layout]);
    return { tags: Object.fromEntries(tags), fields: Object.fromEntries(fields) };
  };

  it('writes the process as a tag where that is wanted, and to VictoriaMetrics no texts as fields', () => {
    const given = { instance: 'h:1', distribution: { bounds: [], counts: [1] } };
    expect(parts('tags', given)).to.deep.equal({
      tags: { host: 'web-1', instance: 'h:1' },
      fields: { name: 'user.profile.views', value: 1, distribution: '{"bounds":[],"counts":[1]}' },
    });
    expect(parts('victoria', given)).to.deep.equal({
      tags: { host: 'web-1', name: 'user.profile.views', instance: 'h:1' },
      fields: { value: 1 },
    });
  });

  it("leaves a tag `instance` of the application's own where it is, save where it could not be stored", () => {
    const given = { instance: 'h:1', tags: { instance: 'theirs' } };
    expect(parts('plain', given).tags).to.deep.equal({ host: 'web-1', instance: 'theirs' });
    expect(parts('plain', given).fields).to.not.have.property('instance');
    expect(parts('tags', given).tags).to.deep.equal({
      host: 'web-1',
      instance: 'h:1',
      tag_instance: 'theirs',
    });
    expect(parts('third', given)).to.deep.equal({
      tags: { host: 'web-1', tag_instance: 'theirs' },
      fields: { name: 'user.profile.views', value: 1, instance: 'h:1' },
    });
    const { instance: _, ...without } = given;
    expect(parts('third', without).tags).to.deep.equal({ host: 'web-1', tag_instance: 'theirs' });
  });

  it('renames tags and fields that QuestDB takes for the time, in capitals too', () => {
    const { tags, fields } = parts('plain', {
      tags: { Timestamp: 'noon' },
      fields: { TIMESTAMP: 1 },
    });
    expect(tags).to.deep.equal({ host: 'web-1', tag_Timestamp: 'noon' });
    expect(fields).to.include({ field_TIMESTAMP: 1 }).and.not.have.property('TIMESTAMP');
  });

  it("renames a custom's own fields that are called like ours", () => {
    const fields = { instance: 5, distribution: { a: 1 }, field_instance: 6 };
    expect(parts('plain', { value: null, fields, instance: 'h:1' }).fields).to.deep.equal({
      name: 'user.profile.views',
      field_field_instance: 5,
      'field_distribution.a': 1,
      field_instance: 6,
      instance: 'h:1',
    });
  });

  it('gives each report a nanosecond of its own, the same for a repeat', () => {
    const ids = Array.from({ length: 100 }, (_, i) => `order-${i}`);
    const times = ids.map((id) => nanoseconds(report({ id })));
    expect(new Set(times).size).to.equal(100);
    expect(times).to.deep.equal(ids.map((id) => nanoseconds(report({ id }))));
    for (const time of times) expect(time).to.match(/^1795428000250\d{6}$/);
    expect(nanoseconds(report({ id: 'x', timestamp: new Date(-1) }))).to.match(/^-\d{1,6}$/);
  });
});
