import { expect } from 'chai';
import fc from 'fast-check';
import { argumentsText } from '../../../../exporters/queues/jobs/arguments-text.js';
import {
  readJson,
  readPythonJson,
  writeJson,
} from '../../../../exporters/queues/jobs/python-json.js';
import { Float } from '../../../../exporters/reports/python-repr.js';

describe("a job's JSON", () => {
  it("is spaced as Python's", () => {
    expect(writeJson(['a', { b: 1, c: [null, true] }, [], {}])).to.equal(
      '["a", {"b": 1, "c": [null, true]}, [], {}]',
    );
  });

  it('marks floats, and only where asked', () => {
    expect(
      writeJson([new Float(2), new Float(2.5), new Float(1e21), new Float(-3), 2, new Float(-0)]),
    ).to.equal('[2.0, 2.5, 1e+21, -3.0, 2, 0.0]');
  });

  it('writes and reads whole numbers of any size exactly', () => {
    fc.assert(
      fc.property(fc.bigInt(), (value) => {
        const back = (readPythonJson(writeJson([value])) as unknown[])[0];
        expect(BigInt(back as number)).to.equal(value);
        expect(typeof back).to.equal(Number.isSafeInteger(Number(value)) ? 'number' : 'bigint');
      }),
    );
  });

  it('does not take digits of texts, fractions and exponents for whole numbers', () => {
    const text =
      '["12345678901234567890", 0.12345678901234567, 12345678901234567890e-3, "\\"12345678901234567890"]';
    expect(readPythonJson(text)).to.deep.equal(JSON.parse(text));
  });

  it("keeps JavaScript's own numbers numbers", () => {
    expect(readJson('[9007199254740992, 1e300]')).to.deep.equal([2 ** 53, 1e300]);
  });

  it('reads what JSON.parse reads', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 20 }), (text) => {
        fc.pre(!/\d{16}/.test(text));
        expect(readPythonJson(text)).to.deep.equal(JSON.parse(text));
      }),
    );
  });

  it('writes what JSON.parse reads back, lone surrogates replaced', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const back = JSON.stringify(JSON.parse(writeJson(value)));
        expect(back).to.equal(JSON.stringify(JSON.parse(JSON.stringify(value))));
      }),
    );
    expect(writeJson(['\ud800'])).to.equal('["\ufffd"]');
  });

  it('refuses what is no data', () => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, () => 1, new Date(), new Map()]) {
      expect(() => writeJson([value])).to.throw(TypeError);
    }
  });

  const hostile: Record<string, string> = {
    'NaN, as Python writes it': '[NaN]',
    'Infinity, as Python writes it': '[-Infinity]',
    '101 levels': '['.repeat(101) + ']'.repeat(101),
    'a million levels': '['.repeat(1_000_000),
    'over 4 MiB': `"${'a'.repeat(4 * 1024 * 1024)}"`,
    'a number of a hundred thousand digits': `[${'9'.repeat(100_000)}]`,
    'a long number before a text of quotes without an end': `1234567890123456"${'\\"'.repeat(1_000_000)}`,
    'a long number before a text that a backslash ends': `1234567890123456"${'\\"'.repeat(1_000_000)}\\`,
    'a long number with a leading zero': '[012345678901234567890]',
    nothing: '',
  };
  for (const [name, text] of Object.entries(hostile)) {
    it(`refuses ${name}`, () => {
      expect(() => readPythonJson(text))
        .to.throw()
        .with.property('code', 'KANEDA_MESSAGE');
    });
  }

  it('takes 100 levels', () => {
    expect(() => readPythonJson('['.repeat(100) + ']'.repeat(100))).not.to.throw();
  });
});

describe('readable arguments', () => {
  it('are what Python prints', () => {
    const args = ["it's", '"', 'a\'"b', 'x\n\0\\', true, null, new Float(2), { k: [1, 'é'] }];
    expect(argumentsText(args, 1_000)).to.equal(
      `("it's", '"', 'a\\'"b', 'x\\n\\x00\\\\', True, None, 2.0, {'k': [1, 'é']})`,
    );
  });

  it('are cut', () => {
    expect(argumentsText(['a'.repeat(100), 'b'], 10)).to.equal("('aaaaaaaaa...)");
  });
});
