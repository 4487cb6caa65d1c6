import { expect } from 'chai';
import fc from 'fast-check';
import { NONE, PairTable, WIDTH } from '../../../../bridges/cells/series/pair-table.js';

/** The pairs and values of a table, by walking its rows. */
function walked(table: PairTable): Map<string, number> {
  const pairs = new Map<string, number>();
  for (let row = WIDTH; row < table.end; row += WIDTH) {
    const [first, second, value] = table.rows.subarray(row, row + WIDTH);
    if (value === NONE) continue;
    const pair = `${first} ${second}`;
    expect(pairs.has(pair), `${pair} twice`).to.equal(false);
    pairs.set(pair, value!);
  }
  return pairs;
}

describe('PairTable', () => {
  it('holds what a map holds, whatever is set and deleted', () => {
    const command = fc.tuple(
      fc.constantFrom('set', 'set', 'delete'),
      fc.oneof(fc.nat(12), fc.constantFrom(63, 0x3fffffff, 0x7ffffffe)),
      fc.oneof(fc.nat(12), fc.constantFrom(63, 0x3fffffff, 0x7ffffffe)),
      fc.integer({ min: NONE + 1, max: 0x7fffffff }),
    );
    fc.assert(
      fc.property(fc.array(command, { maxLength: 400, size: 'max' }), (commands) => {
        const table = new PairTable();
        const model = new Map<string, number>();
        const rows = new Map<string, number>();
        for (const [what, first, second, value] of commands) {
          const pair = `${first} ${second}`;
          if (what === 'set') {
            const row = table.set(first, second, value);
            expect(row).to.equal(rows.get(pair) ?? row);
            rows.set(pair, row);
            model.set(pair, value);
          } else {
            table.delete(first, second);
            rows.delete(pair);
            model.delete(pair);
            expect(table.find(first, second)).to.equal(0);
          }
          expect(table.get(first, second)).to.equal(model.get(pair) ?? NONE);
        }
        expect(new Set(rows.values()).size).to.equal(rows.size);
        expect(table.size).to.equal(model.size);
        expect(walked(table)).to.deep.equal(model);
      }),
      { numRuns: 300 },
    );
  });

  it('finds every pair while it grows to many, and while it empties', () => {
    const table = new PairTable();
    const firsts = 100;
    const seconds = 200;
    for (let first = 0; first < firsts; first++)
      for (let second = 1; second <= seconds; second++)
        table.set(3 * first, second, first * seconds + second);
    expect(table.size).to.equal(firsts * seconds);
    for (let first = 0; first < firsts; first++)
      for (let second = 1 + (first % 2); second <= seconds; second += 2)
        table.delete(3 * first, second);
    for (let first = 0; first < firsts; first++)
      for (let second = 1; second <= seconds; second++)
        expect(table.get(3 * first, second)).to.equal(
          (first + second) % 2 === 1 ? NONE : first * seconds + second,
        );
  });

  it('finds pairs beside those that fill a range, and none that is not there', () => {
    const table = new PairTable();
    const pairs: [number, number][] = [];
    for (let first = 2; first < 34; first++)
      for (let second = 2; second < 34; second++) pairs.push([first, second]);
    pairs.push([2, 0x7ffffffe], [0x7ffffffe, 2], [1 << 26, 2], [40_000, 33]);
    for (const [i, [first, second]] of pairs.entries()) {
      for (const other of [0x7ffffffe, 1 << 26, 40_000, 64]) {
        const isThere = pairs.slice(0, i).some(([a, b]) => a === other && b === 2);
        expect(table.find(other, 2) > 0).to.equal(isThere);
      }
      table.set(first, second, i);
    }
    for (const [i, [first, second]] of pairs.entries())
      expect(table.get(first, second)).to.equal(i);
  });

  it('gives the rows of pairs that are gone to others', () => {
    const table = new PairTable();
    for (let i = 1; i <= 1000; i++) table.set(i, i, i);
    const { end } = table;
    for (let i = 1; i <= 1000; i++) table.delete(i, i);
    for (let i = 1; i <= 1000; i++) table.set(i, 2 * i, i);
    expect(table.end).to.equal(end);
    expect(table.size).to.equal(1000);
  });
});
