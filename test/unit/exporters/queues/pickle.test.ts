import { expect } from 'chai';
import fc from 'fast-check';
import { readPickle } from '../../../../exporters/queues/rq/pickle-reader.js';
import { Tuple, writePickle } from '../../../../exporters/queues/rq/pickle-writer.js';
import { Float } from '../../../../exporters/reports/python-repr.js';
import { golden } from './golden.js';

const CALL = [
  'kaneda.tasks.rq.report',
  null,
  new Tuple(['hits', 'gauge', 1.5, ['a', 'b'], null]),
  {},
];

/** One value in a pickle of protocol 2. */
const pickled = (...opcodes: (number | string)[]): Buffer =>
  Buffer.concat([
    Buffer.of(0x80, 2),
    ...opcodes.map((o) => (typeof o === 'string' ? Buffer.from(o, 'latin1') : Buffer.of(o))),
    Buffer.of(0x2e),
  ]);

describe('pickle writer', () => {
  it('writes the bytes that Python workers were seen to take', () => {
    expect(writePickle(CALL).toString('hex')).to.equal(golden['node-pickle-protocol2'].hex);
  });

  it('keeps a whole float a float, a whole number an integer, and takes a bigint of any sign', () => {
    expect(writePickle([new Float(2)]).toString('hex')).to.equal(
      '80022847400000000000000074' + '2e',
    );
    expect(writePickle([2]).toString('hex')).to.equal('8002284a0200000074' + '2e');
    for (const value of [
      2n ** 64n,
      -(2n ** 31n) - 1n,
      2n ** 1000n,
      -(2n ** 1000n),
      255n * 2n ** 56n,
    ]) {
      expect(readPickle(writePickle([value]))).to.deep.equal([
        value <= 2n ** 53n && value >= -(2n ** 53n) ? Number(value) : value,
      ]);
    }
  });

  it('writes -0 and what is no integer as a float', () => {
    expect(Object.is((readPickle(writePickle([-0])) as number[])[0], -0)).to.equal(true);
    expect(readPickle(writePickle([1e300, 0.1, 2 ** 60]))).to.deep.equal([1e300, 0.1, 2 ** 60]);
  });

  it('refuses what is no data', () => {
    const cycle: unknown[] = [];
    cycle.push(cycle);
    for (const value of [
      () => 1,
      Symbol('s'),
      new Date(),
      new Map(),
      undefined,
      cycle,
      2n ** 3000n,
    ]) {
      expect(() => writePickle([value])).to.throw(TypeError);
    }
    expect(writePickle([1]).toString('hex')).to.equal('8002284a0100000074' + '2e');
  });

  it('replaces lone surrogates, which Python could not encode', () => {
    expect(readPickle(writePickle(['a\ud800b']))).to.deep.equal(['a\ufffdb']);
  });

  it('writes what the reader reads back', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue({ depthSize: 'small' })), (items) => {
        expect(readPickle(writePickle(items))).to.deep.equal(items);
      }),
    );
  });
});

describe('pickle reader', () => {
  for (const [name, { json, p }] of Object.entries(golden.pickles.good)) {
    for (const [protocol, base64] of Object.entries(p)) {
      it(`reads ${name} in protocol ${protocol} as Python meant it`, () => {
        const text = json.replace(/(?<=[[,]\s?)-?\d{16,}/g, (digits) => `"${digits}n"`);
        const wanted = JSON.parse(text, (_key, value) =>
          typeof value === 'string' && /^-?\d{16,}n$/.test(value)
            ? BigInt(value.slice(0, -1))
            : value,
        );
        expect(readPickle(Buffer.from(base64, 'base64'))).to.deep.equal(wanted);
      });
    }
  }

  for (const [name, protocols] of Object.entries(golden.pickles.evil)) {
    for (const [protocol, base64] of Object.entries(protocols)) {
      it(`refuses ${name} in protocol ${protocol}`, () => {
        expect(() => readPickle(Buffer.from(base64, 'base64')))
          .to.throw()
          .with.property('code', 'KANEDA_MESSAGE');
      });
    }
  }

  it('keeps a key called __proto__ a key', () => {
    const value = readPickle(
      Buffer.from(golden.pickles.good.proto!.p['2']!, 'base64'),
    ) as unknown[];
    const dict = (value[2] as object[])[0]!;
    expect(Object.keys(dict)).to.deep.equal(['__proto__', 'constructor']);
    expect(({} as { polluted?: unknown }).polluted).to.equal(undefined);
    expect(Object.getPrototypeOf(dict)).to.equal(Object.prototype);
  });

  it('numbers the memo as Python 2 does, from 1', () => {
    expect(readPickle(pickled(0x5d, 0x71, 1, 0x28, 0x4b, 7, 0x4b, 8, 0x65))).to.deep.equal([7, 8]);
  });

  it('names what a refused pickle would have done', () => {
    expect(() =>
      readPickle(Buffer.from(golden.pickles.evil['os.system']!['2']!, 'base64')),
    ).to.throw('it names a class or function');
  });

  const hostile: Record<string, Buffer> = {
    'nothing at all': Buffer.alloc(0),
    'no end': Buffer.of(0x80, 2, 0x4e),
    'an unknown protocol': Buffer.of(0x80, 9, 0x4e, 0x2e),
    'bytes behind the end': Buffer.concat([pickled(0x4e), Buffer.of(0)]),
    'two values': pickled(0x4e, 0x4e),
    'no value': pickled(),
    'a mark as a value': pickled(0x28),
    'a length beyond the end': pickled(0x58, '\xff\xff\xff\x7f', 'a'),
    'an 8-byte length beyond the end': pickled(0x8d, '\xff\xff\xff\xff\xff\xff\xff\xff', 'a'),
    'a negative LONG4 length': pickled(0x8b, '\xff\xff\xff\xff'),
    'an integer of a megabyte': Buffer.concat([
      Buffer.of(0x80, 2, 0x8b, 0, 0, 0x10, 0),
      Buffer.alloc(0x100000, 1),
      Buffer.of(0x2e),
    ]),
    'a memo never put': pickled(0x68, 3),
    'an append to a dict': pickled(0x7d, 0x4e, 0x61),
    'an odd dict': pickled(0x7d, 0x28, 0x4e, 0x75),
    'a list inside itself': pickled(0x5d, 0x94, 0x68, 0, 0x61),
    '101 levels': pickled(']'.repeat(101), 'a'.repeat(100)),
    'a hundred thousand levels': pickled(']'.repeat(100_000), 'a'.repeat(99_999)),
  };
  for (const [name, bytes] of Object.entries(hostile)) {
    it(`refuses ${name}`, () => {
      expect(() => readPickle(bytes))
        .to.throw()
        .with.property('code', 'KANEDA_MESSAGE');
    });
  }

  it('takes 100 levels', () => {
    expect(() => readPickle(pickled(']'.repeat(100), 'a'.repeat(99)))).not.to.throw();
  });

  it('refuses a billion laughs, by its values', () => {
    // Each list holds the one before ten times: 10^9 values from a few hundred bytes.
    const layers = Array.from(
      { length: 9 },
      (_, i) => `]\x94(${`h${String.fromCharCode(i)}`.repeat(10)}e`,
    );
    expect(() => readPickle(pickled('(]\x94', ...layers, 't'))).to.throw('too many values');
  });
});
