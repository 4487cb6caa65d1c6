import { HeapCells } from '../../bridges/cells/heap.js';
import { cellStoreSuite } from './cell-store.js';

cellStoreSuite('HeapCells', () => ({ store: new HeapCells() }));
