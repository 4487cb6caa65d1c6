import { expect } from 'chai';
import fc from 'fast-check';
import type { CellKind } from '../../../../bridges/cells/cell.js';
import { CellFileError } from '../../../../bridges/cells/errors.js';
import {
  formatDimensions,
  formatMeta,
  type MetaEntry,
  parseMeta,
} from '../../../../bridges/cells/meta-format.js';

const parse = (text: string) => parseMeta(Buffer.from(text), '/cells');

describe('dimensions in a .meta file', () => {
  // What Python's json.dumps(d, sort_keys=True) gives.
  const GOLDEN: [Record<string, string>, string][] = [
    [{ metric: 'm', group: 'g' }, '{"group": "g", "metric": "m"}'],
    [{ a: 'é', b: '😀' }, '{"a": "\\u00e9", "b": "\\ud83d\\ude00"}'],
    [
      { a: '"\\/\b\f\n\r\t\u0000\u001f\u007f' },
      '{"a": "\\"\\\\/\\b\\f\\n\\r\\t\\u0000\\u001f\\u007f"}',
    ],
    [{ '\uffff': '1', '😀': '2', z: '3' }, '{"z": "3", "\\uffff": "1", "\\ud83d\\ude00": "2"}'],
    [{ B: '', a: '', '': '' }, '{"": "", "B": "", "a": ""}'],
    [{ '10': 'x', '9': 'y' }, '{"10": "x", "9": "y"}'],
    [{}, '{}'],
  ];
  for (const [dimensions, text] of GOLDEN) {
    it(`are ${text}`, () => expect(formatDimensions(dimensions)).to.equal(text));
  }
});

const kinds = fc.constantFrom<CellKind>('counter', 'integer', 'float', 'state');
const cells = fc
  .uniqueArray(
    fc.record({
      kind: kinds,
      size: fc.integer({ min: 1, max: 65_527 }),
      gap: fc.nat(200_000),
      name: fc.string({ unit: 'binary' }),
    }),
    {
      selector: ({ name }) => name,
      maxLength: 20,
    },
  )
  .map((list) => {
    let offset = 0;
    return list.map(({ kind, size, gap, name }): MetaEntry => {
      const entry = {
        kind,
        offset: offset + gap,
        bytes: kind === 'state' ? 8 + size : 8,
        dimensions: { name },
      };
      offset = entry.offset + entry.bytes;
      return entry;
    });
  });

describe('a .meta file', () => {
  it('is read back as it was written, without a blank line or a field that is too long', () => {
    fc.assert(
      fc.property(cells, (entries) => {
        const text = formatMeta(entries);
        expect(text).to.not.match(/\n\n|^\n|\n$/);
        for (const [, length] of text.matchAll(/^\w+ (\d+)/gm))
          expect(Number(length)).to.be.within(1, 65_535);
        const { entries: read, length, skipped } = parse(text);
        expect(read).to.deep.equal(entries);
        expect(length).to.equal(
          entries.length === 0 ? 0 : entries.at(-1)!.offset + entries.at(-1)!.bytes,
        );
        expect(skipped).to.equal(0);
      }),
    );
  });

  it('may be empty, and may end in a newline', () => {
    expect(parse('')).to.deep.equal({ entries: [], length: 0, skipped: 0 });
    expect(parse('counter 8: {"a": "b"}\n').entries).to.have.length(1);
  });

  it('passes over what it does not know, and keeps count', () => {
    const { entries, length, skipped } = parse(
      [
        'histogram 40: {"a": "1"}',
        'counter 4: {"a": "2"}',
        'level 8 unsigned: {"a": "3"}',
        'level 4 signed: {"a": "4"}',
        'state 8: {"a": "5"}',
        'counter 8: {"a": [6]}',
        'counter 8: ["a"]',
        'counter 8: {"a": "7", "b": "8"}',
        'level 8 float: {"b": "8", "a": "7"}',
        'pad 3',
        'state 9:{"a":"9"}',
      ].join('\n'),
    );
    expect(entries).to.deep.equal([
      { kind: 'counter', offset: 80, bytes: 8, dimensions: { a: '7', b: '8' } },
      { kind: 'state', offset: 99, bytes: 9, dimensions: { a: '9' } },
    ]);
    expect([length, skipped]).to.deep.equal([108, 8]);
  });

  it('has numbers, booleans and null in dimensions as texts, as they are written', () => {
    const { entries, skipped } = parse(
      [
        'counter 8: {"port": 80, "ok": true, "n": null, "metric": "a 5, \\" 6"}',
        'counter 8: {"port": 1.0, "big": 123456789012345678901234567890, "x": -2.5e-07}',
        'counter 8: {"port": "80", "ok": "true", "n": "null", "metric": "a 5, \\" 6"}',
        'counter 8: {"rate": NaN, "top": -Infinity}',
        'counter 8: {"a": {"b": 1}}',
        'counter 8: {"a": true}',
      ].join('\n'),
    );
    expect(entries.map(({ dimensions }) => dimensions)).to.deep.equal([
      { port: '80', ok: 'true', n: 'null', metric: 'a 5, " 6' },
      { port: '1.0', big: '123456789012345678901234567890', x: '-2.5e-07' },
      { rate: 'NaN', top: '-Infinity' },
      { a: 'true' },
    ]);
    expect(skipped).to.equal(2);
  });

  const FAULTS = [
    '\n',
    'counter 8: {"a": "b"}\n\ncounter 8: {"a": "c"}',
    'counter 8: {"a": "b"}\n\n',
    'counter',
    'counter x: {}',
    'counter -8: {}',
    'counter 8.0: {}',
    'counter 256: {}',
    'counter 8',
    'counter 8:',
    'counter 8: {',
    "counter 8: {'a': 'b'}",
    'level 8: {}',
    'level 8 double: {}',
    'state 65536: {}',
    'pad 65536',
    'pad',
    'new 8',
    'new 99999999999999: {}',
  ];
  for (const text of FAULTS) {
    it(`is refused as a whole: ${JSON.stringify(text)}`, () => {
      expect(() => parse(text))
        .to.throw(CellFileError)
        .with.property('code', 'KANEDA_CELL_FILE');
    });
  }

  for (const end of ['', '\\', '\\\u2028'])
    it(`is refused with a long text of quotes that ends with ${JSON.stringify(end)}`, () => {
      const text = `counter 8: "${'\\"'.repeat(1_000_000)}${end}`;
      expect(() => parse(text)).to.throw(CellFileError, 'dimensions that are not JSON');
    });

  it('is refused when it is not UTF-8', () => {
    expect(() => parseMeta(Buffer.from('counter 8: {"a": "\xff"}', 'latin1'), '/cells')).to.throw(
      CellFileError,
      '/cells: the .meta file is not UTF-8',
    );
  });
});
