import { CALL_MANY, PACK, release } from '../redis/lua.js';
import { Script } from '../redis/script.js';

/**
 * BullMQ moves one job with each of its scripts, which takes a worker longer than to store it.
 * These move many, in the way that BullMQ 6 does: clients of different versions share a queue, so
 * what they find there stays as it is while the major version does. They take plain jobs alone, as
 * ours are. A queue that is paused or limited, and a job that is delayed, has a priority or a
 * parent, is left to BullMQ's own scripts. Source: BullMQ's `moveToActive`, `moveToFinished`
 * and `extendLock`.
 */

/** Fields of a row that `TAKE` answers: id, name, data. */
export const ROW = ['bytes', 'utf8', 'utf8'] as const;

/**
 * Locks up to `max` plain jobs for this worker and answers rows of id, name, data, packed. KEYS:
 * wait, active, meta, delayed, events. ARGV: prefix of jobs' keys, token, lease in ms, now in ms,
 * max, largest job in bytes, bytes altogether.
 */
export const TAKE = new Script(`${CALL_MANY}${PACK}
local wait, active, events = KEYS[1], KEYS[2], KEYS[5]
-- A full Redis refuses no command after a script's first write, and so lets a worker empty it. The other scripts begin with a removal.
redis.call('DEL', wait .. ':none')
local left, largest, budget = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
local meta = redis.call('HMGET', KEYS[3], 'paused', 'concurrency', 'max')
if meta[1] or meta[2] or meta[3] then return packed() end
if #redis.call('ZRANGEBYSCORE', KEYS[4], '-inf', (ARGV[4] + 1) * 0x1000 - 1, 'LIMIT', 0, 1) > 0 then return packed() end
-- Returns true for a plain job, which is locked then.
local function lock(id)
  local key = ARGV[1] .. id
  local size = redis.pcall('HSTRLEN', key, 'data')
  if type(size) == 'table' then return false end
  size = size + redis.call('HSTRLEN', key, 'name')
  if size > largest then return false end
  local job = redis.call('HMGET', key, 'name', 'data', 'ats', 'parentKey', 'deid', 'rjk', 'defa')
  local started = job[3] or '0'
  if not job[1] or not job[2] or job[4] or job[5] or job[6] or job[7] or not string.find(started, '^%d%d?%d?%d?%d?$') then return false end
  redis.call('HSET', key, 'ats', started + 1, 'processedOn', ARGV[4])
  redis.call('SET', key .. ':lock', ARGV[2], 'PX', ARGV[3])
  budget = budget - size
  put(id)
  put(job[1])
  put(job[2])
  return true
end
while left > 0 and budget > 0 do
  local ids, locked = redis.call('LRANGE', wait, -math.min(left, 1000), -1), {}
  for i = #ids, 1, -1 do
    if budget <= 0 or not lock(ids[i]) then break end
    locked[#locked + 1] = ids[i]
  end
  many('LPUSH', active, locked)
  redis.call('LTRIM', wait, 0, -1 - #locked)
  for _, id in ipairs(locked) do redis.call('XADD', events, '*', 'event', 'active', 'jobId', id, 'prev', 'waiting') end
  if #locked < 1000 then break end
  left = left - #locked
end
return packed()`);

/**
 * Completes plain jobs, and answers how many of them were no longer this worker's.
 * KEYS: active, meta, stalled, events. ARGV: prefix of jobs' keys, token, ids.
 */
export const DONE = new Script(`${release('right')}
local prefix, events, own = ARGV[1], KEYS[4], {}
for i = 3, #ARGV do
  if redis.call('GET', prefix .. ARGV[i] .. ':lock') == ARGV[2] then own[#own + 1] = ARGV[i] end
end
local done = release(KEYS[1], own)
for _, id in ipairs(done) do
  local key = prefix .. id
  redis.call('DEL', key, key .. ':lock', key .. ':logs', key .. ':dependencies', key .. ':processed', key .. ':failed', key .. ':unsuccessful')
  redis.call('XADD', events, '*', 'event', 'completed', 'jobId', id, 'returnvalue', 'null', 'prev', 'active')
end
many('SREM', KEYS[3], done)
redis.call('XTRIM', events, 'MAXLEN', '~', redis.call('HGET', KEYS[2], 'opts.maxLenEvents') or 10000)
return #ARGV - 2 - #done`);

/**
 * Keeps the locks of jobs for longer. KEYS: stalled. ARGV: prefix of jobs' keys, lease in ms, id
 * and token of each.
 */
export const RENEW = new Script(`
for i = 3, #ARGV, 2 do
  local lock = ARGV[1] .. ARGV[i] .. ':lock'
  if redis.call('GET', lock) == ARGV[i + 1] then
    redis.call('PEXPIRE', lock, ARGV[2])
    redis.call('SREM', KEYS[1], ARGV[i])
  end
end`);

/**
 * Gives jobs back whose lock has expired: their worker is dead. BullMQ's own check marks them first
 * and looks again at its next pass, and so does nothing for a worker that ends when the queue is
 * drained. An active job without a lock belongs to no worker: every script that makes one active
 * locks it, and every one that unlocks it moves it on. Gives back too what this worker has locked
 * and does not know of, because the answer to a take was lost. One that stalls again and again is
 * left to that check. Answers how many there were. KEYS: active, wait, meta, marker, stalled,
 * events. ARGV: prefix of jobs' keys, how often a job may stall, start of this worker's tokens or
 * nothing while its answers are under way, the ids in hand. Source: BullMQ's
 * `moveStalledJobsToWait`.
 */
export const UNSTALL = new Script(`
if redis.call('HEXISTS', KEYS[3], 'paused') == 1 then return 0 end
local in_hand, count, own = {}, 0, ARGV[3]
for i = 4, #ARGV do in_hand[ARGV[i]] = true end
local function is_lost(lock)
  return not lock or (own ~= '' and string.sub(lock, 1, #own) == own)
end
for _, id in ipairs(redis.call('LRANGE', KEYS[1], 0, -1)) do
  local key = ARGV[1] .. id
  if not in_hand[id] and is_lost(redis.call('GET', key .. ':lock')) and redis.call('TYPE', key)['ok'] == 'hash' then
    local stalled = tonumber(redis.call('HGET', key, 'stc') or 0)
    if stalled and stalled < tonumber(ARGV[2]) and redis.call('LREM', KEYS[1], 1, id) == 1 then
      redis.call('DEL', key .. ':lock')
      redis.call('SREM', KEYS[5], id)
      redis.call('HSET', key, 'stc', stalled + 1)
      redis.call('RPUSH', KEYS[2], id)
      redis.call('ZADD', KEYS[4], 0, '0')
      redis.call('XADD', KEYS[6], '*', 'event', 'waiting', 'jobId', id, 'prev', 'active')
      redis.call('XADD', KEYS[6], '*', 'event', 'stalled', 'jobId', id)
      count = count + 1
    end
  end
end
return count`);

/**
 * Puts a job that BullMQ's own scripts stumble over to the failed ones: the one that a token had
 * locked when the script broke off that fetched it. A key that is not a hash cannot keep a reason.
 * Answers how many there were. KEYS: active, failed, stalled. ARGV: prefix of jobs' keys, reason,
 * now in ms, token, id where it is known.
 */
export const DEAD_LETTER = new Script(`
local function dead_letter(id)
  local key = ARGV[1] .. id
  redis.call('LREM', KEYS[1], 1, id)
  redis.call('SREM', KEYS[3], id)
  redis.call('DEL', key .. ':lock')
  redis.pcall('HSET', key, 'failedReason', ARGV[2], 'finishedOn', ARGV[3])
  redis.call('ZADD', KEYS[2], ARGV[3], id)
  return 1
end
if ARGV[5] then return dead_letter(ARGV[5]) end
for _, id in ipairs(redis.call('LRANGE', KEYS[1], 0, -1)) do
  if redis.call('GET', ARGV[1] .. id .. ':lock') == ARGV[4] then return dead_letter(id) end
end
return 0`);
