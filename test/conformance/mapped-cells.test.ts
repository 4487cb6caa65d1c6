import { join } from 'node:path';
import { MappedCells } from '../../bridges/cells/mapped/mapped-cells.js';
import { directory } from '../support/places.js';
import { cellStoreSuite } from './suites/cell-store.js';

cellStoreSuite('MappedCells', () => {
  const place = directory();
  const store = MappedCells.create(join(place.path, 'cells'));
  if (store.path === undefined) throw new Error('the cells were not mapped: is koffi installed?');
  return {
    store,
    dispose: () => {
      store.close();
      place.discard();
    },
  };
});
