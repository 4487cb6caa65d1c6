import type { Redis } from 'ioredis';
import { ImproperlyConfiguredError } from '../../errors.js';

/**
 * Asks Redis, without writing, whether it would take jobs.
 * @returns remarks for the operator.
 * @throws Error when it does not answer, is full, or is a replica that takes no writes.
 */
export async function probeRedis(redis: Redis): Promise<readonly string[]> {
  await redis.ping();
  const about = await redis.info().catch(() => undefined);
  if (about === undefined)
    return ['this account is not permitted to call INFO: it is unknown whether Redis is full'];
  const facts = new Map(about.split('\r\n').map((line) => line.split(':', 2) as [string, string]));
  if (facts.get('role') === 'slave' && facts.get('slave_read_only') !== '0')
    throw new ImproperlyConfiguredError(READ_ONLY);
  const most = Number(facts.get('maxmemory') ?? 0);
  const full = most > 0 && Number(facts.get('used_memory')) >= most;
  if (full && facts.get('maxmemory_policy') === 'noeviction') throw new Error(FULL);
  return [];
}

/** A replica's answer to a write, with what to do. */
export const READ_ONLY = 'Redis is a read-only replica: connect to its primary';
/** The advice for a Redis that has no memory left. */
export const FULL = 'Redis is full: raise maxmemory, or start workers';
