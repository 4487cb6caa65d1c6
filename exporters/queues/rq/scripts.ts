import { CALL_MANY, PACK, release } from '../redis/lua.js';
import { Script } from '../redis/script.js';

/**
 * Gives a worker's jobs back to the head of the queue, in their order, and forgets the worker.
 * Not to `rq:queue:<name>:intermediate`: RQ's own maintenance fails what it finds there.
 */
const GIVE_BACK = `
-- A full Redis refuses no command after a script's first write, and so lets a worker empty it. The other scripts begin with a removal.
redis.call('DEL', KEYS[1] .. ':node:')
local function give_back(worker)
  local held = KEYS[1] .. ':node:' .. worker
  while true do
    local id = redis.call('LMOVE', held, KEYS[1], 'RIGHT', 'LEFT')
    if not id then break end
    if redis.call('EXISTS', 'rq:job:' .. id) == 1 then redis.pcall('HSET', 'rq:job:' .. id, 'status', 'queued') end
  end
  redis.call('DEL', held .. ':alive')
  redis.call('SREM', KEYS[1] .. ':nodes', worker)
end
local function beat(worker, lease)
  redis.call('SADD', KEYS[1] .. ':nodes', worker)
  redis.call('SET', KEYS[1] .. ':node:' .. worker .. ':alive', 1, 'PX', lease)
end
`;

/**
 * Enqueues jobs, all or none, each before its id, so that no worker finds an id without its job.
 * What RQ's own client does in a transaction of three commands a job; one script with the shared
 * fields sent once takes a third of the time on either side. KEYS: queue. ARGV: number of shared
 * fields and values, those, then id, description, data, report of each job.
 */
export const ENQUEUE = new Script(`
local shared, ids = {}, {}
for i = 1, ARGV[1] do shared[i] = ARGV[i + 1] end
for i = ARGV[1] + 2, #ARGV, 4 do
  local id = ARGV[i]
  redis.call('HSET', 'rq:job:' .. id, 'description', ARGV[i + 1], 'data', ARGV[i + 2], 'kaneda_report', ARGV[i + 3], unpack(shared))
  ids[#ids + 1] = id
end
redis.call('SADD', 'rq:queues', KEYS[1])
for i = 1, #ids do redis.call('RPUSH', KEYS[1], ids[i]) end`);

/** Fields of a row that `TAKE` answers: id, fault, report, data, created_at. */
export const ROW = ['latin1', 'latin1', 'utf8', 'bytes', 'latin1'] as const;

/**
 * Moves up to `max` jobs from the queue to this worker's own list and answers rows as {@link ROW}
 * has them, packed: a job with its whole report needs neither data nor created_at. Where there is a
 * fault the last three are missing: the bytes of a job that is too large to be looked at, -1 of one
 * that is not a hash, -2 of one that is gone.
 * KEYS: queue. ARGV: worker, lease in ms, max, largest job in bytes, bytes altogether, now.
 */
export const TAKE = new Script(`${GIVE_BACK}${CALL_MANY}${PACK}
local worker, left, largest, budget = ARGV[1], tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local held = KEYS[1] .. ':node:' .. worker
beat(worker, ARGV[2])
local function put_job(id, fault, report, data, created_at)
  put(id)
  put(fault)
  put(report)
  put(data)
  put(created_at)
end
-- Returns true for a job that this worker holds from now on.
local function look_at(id)
  local key = 'rq:job:' .. id
  local size = redis.pcall('HSTRLEN', key, 'data')
  if type(size) == 'table' then
    put_job(id, '-1')
    return true
  end
  local report = redis.call('HSTRLEN', key, 'kaneda_report')
  size = size + report
  if size == 0 and redis.call('EXISTS', key) == 0 then
    put_job(id, '-2')
    return false
  end
  redis.call('HSET', key, 'status', 'started', 'started_at', ARGV[6], 'last_heartbeat', ARGV[6], 'worker_name', worker)
  if size > largest then
    put_job(id, tostring(size))
  else
    budget = budget - size
    if report > 0 then put_job(id, nil, redis.call('HGET', key, 'kaneda_report'))
    else put_job(id, nil, unpack(redis.call('HMGET', key, 'kaneda_report', 'data', 'created_at'))) end
  end
  return true
end
while left > 0 and budget > 0 do
  local ids, looked, kept = redis.call('LRANGE', KEYS[1], 0, math.min(left, 1000) - 1), 0, {}
  for _, id in ipairs(ids) do
    if budget <= 0 then break end
    looked = looked + 1
    if look_at(id) then kept[#kept + 1] = id end
  end
  many('RPUSH', held, kept)
  redis.call('LTRIM', KEYS[1], looked, -1)
  if looked < 1000 then break end
  left = left - looked
end
return packed()`);

/**
 * Forgets jobs that are done, where this worker still holds them. The double colon is RQ's.
 * KEYS: queue. ARGV: worker, ids.
 */
export const DONE = new Script(`${release('left')}
for _, id in ipairs(release(KEYS[1] .. ':node:' .. table.remove(ARGV, 1), ARGV)) do
  redis.call('DEL', 'rq:job:' .. id, 'rq:job:' .. id .. ':dependents', 'rq:job::' .. id .. ':dependencies')
end`);

/**
 * Fails a job as RQ's own worker does, so that `rq info` and `rq requeue` see it, with the
 * reason as its exception. KEYS: queue, failed registry. ARGV: worker, id, reason, the reason as RQ
 * stores it, now, now in seconds, seconds to keep it.
 */
export const FAIL = new Script(`
local id, key = ARGV[2], 'rq:job:' .. ARGV[2]
if redis.call('LREM', KEYS[1] .. ':node:' .. ARGV[1], 1, id) == 0 then return end
if redis.call('TYPE', key)['ok'] ~= 'hash' then return end
redis.call('HSET', key, 'status', 'failed', 'ended_at', ARGV[5], 'exc_info', ARGV[3])
redis.call('ZADD', KEYS[2], ARGV[6] + ARGV[7], id)
redis.call('XADD', 'rq:results:' .. id, 'MAXLEN', 10, '*', 'type', 2, 'exc_string', ARGV[4])
redis.call('EXPIRE', 'rq:results:' .. id, ARGV[7])`);

/** Gives one job back. KEYS: queue. ARGV: worker, id. */
export const RETURN = new Script(`
local key = 'rq:job:' .. ARGV[2]
if redis.call('LREM', KEYS[1] .. ':node:' .. ARGV[1], 1, ARGV[2]) == 0 then return end
redis.call('LPUSH', KEYS[1], ARGV[2])
if redis.call('TYPE', key)['ok'] == 'hash' then redis.call('HSET', key, 'status', 'queued') end`);

/**
 * Says that this worker lives, and gives back what dead ones held, and what this one holds without
 * knowing. KEYS: queue. ARGV: worker, lease in ms, the ids it has in hand.
 */
export const RECOVER = new Script(`${GIVE_BACK}
beat(ARGV[1], ARGV[2])
local held, in_hand = KEYS[1] .. ':node:' .. ARGV[1], {}
for i = 3, #ARGV do in_hand[ARGV[i]] = true end
for _, id in ipairs(redis.call('LRANGE', held, 0, -1)) do
  if not in_hand[id] and redis.call('LREM', held, 1, id) == 1 then
    redis.call('LPUSH', KEYS[1], id)
    if redis.call('EXISTS', 'rq:job:' .. id) == 1 then redis.pcall('HSET', 'rq:job:' .. id, 'status', 'queued') end
  end
end
for _, worker in ipairs(redis.call('SMEMBERS', KEYS[1] .. ':nodes')) do
  if redis.call('EXISTS', KEYS[1] .. ':node:' .. worker .. ':alive') == 0 then give_back(worker) end
end`);

/** Gives back everything this worker holds: it ends. KEYS: queue. ARGV: worker. */
export const LEAVE = new Script(`${GIVE_BACK}
give_back(ARGV[1])`);
