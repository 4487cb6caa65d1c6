import { expect } from 'chai';
import fc from 'fast-check';
import { Queue } from '../../../../exporters/delivery/outbox/fifo.js';
import { MemoryOutbox } from '../../../../exporters/delivery/outbox/memory-outbox.js';
import type { OutboxEntry } from '../../../../exporters/delivery/outbox/outbox.js';
import { sizeOf } from '../../../../exporters/reports/estimated-size.js';
import { plainReports } from '../../../conformance/suites/exporter.js';

describe('an outbox in memory', () => {
  it('keeps its bound, its order, and what is taken, whatever happens', async () => {
    const step = fc.oneof(
      fc.record({ add: fc.integer({ min: 0, max: 20 }) }),
      fc.record({ take: fc.integer({ min: 1, max: 10 }) }),
      fc.record({ remove: fc.integer({ min: 0, max: 10 }) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const maxBytes = 8_000;
        let dropped = 0;
        let added = 0;
        let removed = 0;
        const outbox = new MemoryOutbox(maxBytes, {
          dropped: () => {
            dropped += 1;
          },
        });
        let taken: OutboxEntry[] = [];
        let last = -1;
        for (const next of steps) {
          if ('add' in next) {
            outbox.add(plainReports(next.add));
            added += next.add;
          } else if ('take' in next) {
            const some = await outbox.take(next.take, 4_000);
            expect(some.length).to.be.at.most(next.take);
            for (const { place } of some) {
              expect(place).to.be.above(last);
              last = place;
            }
            taken.push(...some);
          } else {
            const gone = taken.slice(0, next.remove);
            taken = taken.slice(next.remove);
            outbox.remove(gone);
            outbox.remove(gone);
            removed += gone.length;
          }
          const bytes =
            taken.reduce((sum, { size }) => sum + size, 0) +
            outbox.waiting * sizeOf(plainReports(1)[0]!);
          if (taken.length === 0) expect(bytes).to.be.at.most(maxBytes + 500);
          expect(added).to.equal(dropped + removed + taken.length + outbox.waiting);
          if (taken.length > 0) expect(outbox.oldest()).to.equal(taken[0]!.place);
        }
      }),
    );
  });

  it('takes one report however large it is', async () => {
    const outbox = new MemoryOutbox(1_000_000, { dropped: () => {} });
    outbox.add(plainReports(3));
    expect(await outbox.take(10, 1)).to.have.lengthOf(1);
  });

  it('drops a report that does not fit beside what is taken', async () => {
    let dropped = 0;
    const outbox = new MemoryOutbox(1_000, {
      dropped: () => {
        dropped += 1;
      },
    });
    outbox.add(plainReports(2));
    await outbox.take(2, 1e6);
    outbox.add(plainReports(1));
    expect(dropped).to.equal(1);
    expect(outbox.waiting).to.equal(0);
  });
});

describe('a queue', () => {
  it('is first in, first out', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 5_000 }), (pushes) => {
        const queue = new Queue<number>();
        const model: number[] = [];
        pushes.forEach((push, i) => {
          if (push) {
            queue.push(i);
            model.push(i);
          } else expect(queue.shift()).to.equal(model.shift());
          expect(queue.length).to.equal(model.length);
          expect(queue.first()).to.equal(model[0]);
        });
        expect([...queue]).to.deep.equal(model);
      }),
      { numRuns: 20 },
    );
  });

  it('moves a million through in a moment', () => {
    const queue = new Queue<number>();
    for (let i = 0; i < 500_000; i++) queue.push(i);
    for (let i = 0; i < 500_000; i++) {
      queue.push(i);
      queue.shift();
    }
    expect(queue.length).to.equal(500_000);
  });
});
