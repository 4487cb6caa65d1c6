import { expect } from 'chai';
import { HeapCells } from '../../bridges/cells/heap-cells.js';
import { cellStoreSuite } from './suites/cell-store.js';

cellStoreSuite('HeapCells', () => ({ store: new HeapCells() }));

describe('HeapCells', () => {
  it('uses the slot of a series that is gone again, at once', () => {
    const store = new HeapCells();
    const sums = store.family('sum', 'n');
    const subscription = store.observe({});
    sums.add({ a: 1 }, 5);
    const slot = sums.find({ a: 1 });
    sums.remove({ a: 1 });
    for (let i = 0; i < 3; i++) {
      subscription.collecting(i);
      for (const _ of sums.walk(() => {}));
      subscription.collected();
    }
    expect(sums.find({ a: 2 })).to.equal(slot);
    expect(sums.value(slot)).to.equal(0);
  });
});
