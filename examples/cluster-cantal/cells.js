import { join } from 'node:path';

/** The folder of the files in which the processes count: in memory, so that the system writes nothing to a disk. */
export const DIRECTORY = process.env.CELLS ?? '/dev/shm/shop';

/** The primary's file, without suffix; its workers' are `shop.w1`, `shop.w2`, …. */
export const PATH = join(DIRECTORY, 'shop');
