import { expect } from 'chai';
import fc from 'fast-check';
import { BucketBlocks } from '../../../../bridges/cells/series/bucket-blocks.js';
import { HistogramCell } from '../../../../bridges/cells/series/exponential-histogram.js';
import { Histograms } from '../../../../bridges/cells/series/histograms.js';

const SLOTS = 5;
const slot = fc.nat(SLOTS - 1);
const value = fc.oneof(
  fc.constant(0),
  fc.double({ min: 1e-12, max: 1e12, noNaN: true }),
  fc.double({ min: 0.001, max: 10, noNaN: true }),
);
const steps = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: fc.record({ do: fc.constant('record' as const), slot, value }) },
    fc.record({
      do: fc.constant('many' as const),
      slot,
      values: fc.array(value, { maxLength: 400 }),
    }),
    fc.record({ do: fc.constant('merge' as const), slot, from: slot }),
    fc.record({ do: fc.constant('reset' as const), slot }),
    fc.record({ do: fc.constant('release' as const), slot }),
  ),
  { maxLength: 80 },
);

describe('histograms of many series', () => {
  it('hold what each would hold alone, whatever the others do', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const shared = new Histograms();
        const other = new Histograms();
        const alone = Array.from({ length: SLOTS }, () => new HistogramCell());
        for (let i = SLOTS - 1; i >= 0; i--) {
          shared.reserve(i);
          other.reserve(i);
        }
        for (const step of all) {
          if (step.do === 'merge') {
            // Into another memory, and back: as a reader keeps what others take.
            other.reset(step.from);
            other.merge(step.from, shared, step.from);
            shared.merge(step.slot, other, step.from);
            const copy = new HistogramCell();
            copy.merge(alone[step.from]!);
            alone[step.slot]!.merge(copy);
          } else if (step.do === 'release') {
            shared.release(step.slot);
            alone[step.slot] = new HistogramCell();
          } else if (step.do === 'reset') {
            shared.reset(step.slot);
            alone[step.slot]!.reset();
          } else {
            for (const one of step.do === 'many' ? step.values : [step.value]) {
              shared.record(step.slot, one);
              alone[step.slot]!.record(one);
            }
          }
        }
        expect(alone.map((_, i) => new HistogramCell(shared, i).toPoint())).to.deep.equal(
          alone.map((cell) => cell.toPoint()),
        );
      }),
      { numRuns: 500 },
    );
  });

  it('count 0 where nothing was recorded, and give no memory back there', () => {
    const histograms = new Histograms();
    histograms.release(3);
    expect(histograms.count(3)).to.equal(0);
    histograms.reserve(3);
    const cell = new HistogramCell(histograms, 3);
    expect([cell.count, cell.sum, cell.min, cell.max]).to.deep.equal([0, 0, Infinity, -Infinity]);
    expect(cell.toPoint()).to.deep.equal(new HistogramCell().toPoint());
  });

  it('count past 32 bits exactly', () => {
    const cell = new HistogramCell();
    cell.record(1, 2 ** 32);
    cell.record(1, 2 ** 40 + 1);
    expect(cell.toPoint().positive.bucketCounts).to.deep.equal([2 ** 32 + 2 ** 40 + 1]);
  });
});

describe('blocks of buckets', () => {
  it('are zeros that no other block has, and are given again', () => {
    const blocks = new BucketBlocks();
    const rooms = [16, 160, 16, 320, 640, 160];
    const taken = Array.from({ length: 1_000 }, (_, i) => {
      const room = rooms[i % rooms.length]!;
      return { room, address: blocks.take(room) };
    });
    const counts = ({ address, room }: { address: number; room: number }): Float64Array =>
      blocks.chunks[address >>> 16]!.subarray(address & 0xffff, (address & 0xffff) + room);
    for (const [i, block] of taken.entries()) {
      expect(counts(block).every((count) => count === 0)).to.equal(true);
      expect(counts(block)).to.have.length(block.room);
      counts(block).fill(i + 1);
    }
    for (const [i, block] of taken.entries())
      expect(counts(block).every((count) => count === i + 1)).to.equal(true);
    const given = taken[998]!;
    counts(given).fill(0);
    blocks.give(given.address, given.room);
    expect(blocks.take(160)).not.to.equal(given.address);
    expect(blocks.take(given.room)).to.equal(given.address);
  });

  it('give their memory back when all of a chunk are given back, and its number to the next', () => {
    const blocks = new BucketBlocks();
    const bytes = () => blocks.chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0);
    const takeMany = () => Array.from({ length: 2_000 }, () => blocks.take(640));
    const taken = takeMany();
    const most = bytes();
    const chunks = blocks.chunks.length;
    for (const address of taken) blocks.give(address, 640);
    expect(bytes()).to.be.at.most(most / 10);
    const again = takeMany();
    expect(new Set(again).size).to.equal(again.length);
    expect(blocks.chunks.length).to.be.at.most(chunks + 1);
    for (const address of again) {
      const place = address & 0xffff;
      const counts = blocks.chunks[address >>> 16]!.subarray(place, place + 640);
      expect(counts).to.have.length(640);
      counts.fill(1);
    }
  });

  it('take little for few histograms', () => {
    const blocks = new BucketBlocks();
    blocks.take(16);
    blocks.take(160);
    const bytes = blocks.chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0);
    expect(bytes).to.be.at.most(2 * (16 + 160) * 8);
  });
});
