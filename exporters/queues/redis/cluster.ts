import type { Cluster } from 'ioredis';

/** The way of using a Redis Cluster. */
export const CLUSTER_REMEDY =
  "only BullMQQueue works on a Redis Cluster, with an ioredis Cluster as its connection and braces in the queue's prefix or name, such as '{kaneda}'";

/** True if a connection is to a Redis Cluster. */
export function isCluster(connection: unknown): connection is Cluster {
  return Reflect.get(Object(connection), 'isCluster') === true;
}

/**
 * True if all keys that begin with this text are in one slot: what stands in their first braces
 * decides, unless it is nothing.
 */
export function hasHashTag(start: string): boolean {
  return /^[^{]*\{[^}]+\}/.test(start);
}
