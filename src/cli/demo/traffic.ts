import { monotonic } from '../../../exporters/timing/real-timers.js';

const PATHS = [
  '/',
  '/',
  '/products/apple',
  '/products/plum',
  '/orders/pear',
  '/orders/apple',
  '/nowhere',
];

/** The answers that the clients saw, by status. */
export type Seen = Map<number, number>;

/**
 * Visits the shop with several clients at once, each one request after the other, for so many
 * milliseconds.
 */
export async function visit(url: string, clients: number, milliseconds: number): Promise<Seen> {
  const seen: Seen = new Map();
  const end = monotonic() + milliseconds;
  const client = async (first: number): Promise<void> => {
    for (let i = first; monotonic() < end; i++) {
      const response = await fetch(url + PATHS[i % PATHS.length]!);
      await response.arrayBuffer();
      seen.set(response.status, (seen.get(response.status) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: clients }, (_, i) => client(i)));
  return seen;
}
