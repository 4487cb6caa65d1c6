import { CALL_MANY, PACK } from '../../redis/lua.js';
import { Script } from '../../redis/script.js';

/**
 * kombu keeps what a worker holds in the hash `unacked`, by tag, with its time in `unacked_index`;
 * so do we, so that Python workers give back what a dead Node worker held, should there be no other
 * one. Each of our consumers also lists its tags, for a beat tells within a minute. Messages are
 * never re-encoded: cjson would damage their numbers.
 */
const COMMON = `
local queue = KEYS[1]
-- A full Redis refuses no command after a script's first write, and so lets a worker empty it.
redis.call('DEL', queue .. '.node:')
-- Redis's own clock: one worker whose clock is wrong must not give back what others work on.
local function now()
  local time = redis.call('TIME')
  return time[1] + time[2] / 1000000
end
local function open_list(value, suffix)
  if #value > #suffix and string.sub(value, -#suffix) == suffix then return string.sub(value, 2, -#suffix - 1) end
end
local function forget(tag, owner)
  redis.call('ZREM', 'unacked_index', tag)
  redis.call('SREM', owner, tag)
  return redis.call('HDEL', 'unacked', tag)
end
local function give_back(worker, suffix)
  local owner = queue .. '.node:' .. worker
  for _, tag in ipairs(redis.call('SMEMBERS', owner)) do
    local value = redis.call('HGET', 'unacked', tag)
    if value and forget(tag, owner) == 1 then redis.call('RPUSH', queue, open_list(value, suffix) or value) end
  end
  redis.call('DEL', owner, owner .. ':alive')
  redis.call('SREM', queue .. '.nodes', worker)
end
local function beat(worker, lease)
  redis.call('SADD', queue .. '.nodes', worker)
  redis.call('SET', queue .. '.node:' .. worker .. ':alive', 1, 'PX', lease)
end
-- The header is put in as text, so that the message stays whole. What is not an envelope stays raw.
local function dead_letter(raw, reason, largest)
  local start, stop = string.find(raw, '"headers"%s*:%s*{')
  local envelope = start and string.find(raw, '^%s*{')
  if envelope and #raw <= largest then
    local ok, message = pcall(cjson.decode, raw)
    envelope = ok and type(message['headers']) == 'table'
  end
  if envelope then
    local comma = string.find(raw, '^%s*}', stop + 1) and '' or ', '
    raw = string.sub(raw, 1, stop) .. '"kaneda_reason": ' .. reason .. comma .. string.sub(raw, stop + 1)
  end
  redis.call('LPUSH', queue .. '.dead', raw)
end
`;

/** Fields of a row that `TAKE` answers: tag, message. */
export const ROW = ['latin1', 'utf8'] as const;

/**
 * Moves up to `max` messages from the queue and its lists of lower priority to this worker, and
 * answers rows of tag and message, packed; both are missing for one that is too large to be read
 * and went to the dead letters. KEYS: queue, its other lists. ARGV: worker, lease in ms, max,
 * largest message in bytes, bytes altogether, number of the take, kombu's suffix of a held message,
 * reason for one that is too large.
 */
export const TAKE = new Script(`${COMMON}${CALL_MANY}${PACK}
local worker, max, largest, budget = ARGV[1], tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local count = 0
local prefix, owner = worker .. ':' .. ARGV[6] .. ':', queue .. '.node:' .. worker
beat(worker, ARGV[2])
-- Takes some from the end of a list, and returns their number: each is held before it leaves the list.
local function take_some(list)
  local seen, held, index, tags = 0, {}, {}, {}
  local time = now()
  while seen < 100 and count < max and budget > 0 do
    local raw = redis.call('LINDEX', list, -1 - seen)
    if not raw then break end
    if #raw > largest then
      if seen > 0 then break end
      count = count + 1
      dead_letter(raw, ARGV[8], largest)
      redis.call('RPOP', list)
      put()
      put()
      return 1
    end
    local tag = prefix .. count
    count, seen = count + 1, seen + 1
    tags[seen] = tag
    held[2 * seen - 1], held[2 * seen] = tag, '[' .. raw .. ARGV[7]
    index[2 * seen - 1], index[2 * seen] = time, tag
    budget = budget - #raw
    put(tag)
    put(raw)
  end
  many('HSET', 'unacked', held)
  many('ZADD', 'unacked_index', index)
  many('SADD', owner, tags)
  redis.call('LTRIM', list, 0, -1 - seen)
  return seen
end
for _, list in ipairs(KEYS) do
  repeat until take_some(list) == 0
end
return packed()`);

/** Forgets messages that are done. KEYS: queue. ARGV: worker, tags. */
export const DONE = new Script(`${COMMON}${CALL_MANY}
local owner = queue .. '.node:' .. table.remove(ARGV, 1)
many('ZREM', 'unacked_index', ARGV)
many('SREM', owner, ARGV)
many('HDEL', 'unacked', ARGV)`);

/**
 * Moves a message to the dead letters. KEYS: queue. ARGV: worker, tag, kombu's suffix of it, reason
 * as JSON, largest to decode in bytes.
 */
export const DEAD_LETTER = new Script(`${COMMON}
local value = redis.call('HGET', 'unacked', ARGV[2])
if value and forget(ARGV[2], queue .. '.node:' .. ARGV[1]) == 1 then
  dead_letter(open_list(value, ARGV[3]) or value, ARGV[4], tonumber(ARGV[5]))
end`);

/**
 * Gives one message back, to be taken next. KEYS: queue. ARGV: worker, tag, kombu's suffix
 * of it.
 */
export const RETURN = new Script(`${COMMON}
local value = redis.call('HGET', 'unacked', ARGV[2])
if value and forget(ARGV[2], queue .. '.node:' .. ARGV[1]) == 1 then redis.call('RPUSH', queue, open_list(value, ARGV[3]) or value) end`);

/**
 * Says that this worker lives and still works on what it has in hand, and gives back three things:
 * what it holds without knowing, what dead Node workers held, and what anybody has held of this
 * queue for longer than kombu's visibility timeout: a Python worker that died. KEYS: queue. ARGV:
 * worker, lease in ms, kombu's suffix of a held message, the same as Python writes it, timeout in
 * seconds, the tags it has in hand.
 */
export const RECOVER = new Script(`${COMMON}
beat(ARGV[1], ARGV[2])
local owner, in_hand = queue .. '.node:' .. ARGV[1], {}
for i = 6, #ARGV do in_hand[ARGV[i]] = true end
for _, tag in ipairs(redis.call('SMEMBERS', owner)) do
  if in_hand[tag] then
    redis.call('ZADD', 'unacked_index', 'XX', now(), tag)
  else
    local value = redis.call('HGET', 'unacked', tag)
    if value and forget(tag, owner) == 1 then redis.call('RPUSH', queue, open_list(value, ARGV[3]) or value) end
    redis.call('SREM', owner, tag)
  end
end
for _, worker in ipairs(redis.call('SMEMBERS', queue .. '.nodes')) do
  if redis.call('EXISTS', queue .. '.node:' .. worker .. ':alive') == 0 then give_back(worker, ARGV[3]) end
end
-- Other queues' messages stand there too, for good if they are meant for later: another page with each beat.
local latest, page = now() - ARGV[5], 10000
local pages = math.ceil(redis.call('ZCOUNT', 'unacked_index', '-inf', latest) / page)
local from = pages > 1 and math.floor(now() / 10) % pages * page or 0
for _, tag in ipairs(redis.call('ZRANGEBYSCORE', 'unacked_index', '-inf', latest, 'LIMIT', from, page)) do
  local value = redis.call('HGET', 'unacked', tag)
  local raw = value and (open_list(value, ARGV[3]) or open_list(value, ARGV[4]))
  if raw then
    forget(tag, queue .. '.node:' .. ARGV[1])
    redis.call('RPUSH', queue, raw)
  end
end`);

/**
 * Gives back everything this worker holds: it ends. KEYS: queue. ARGV: worker, kombu's suffix of a
 * held message.
 */
export const LEAVE = new Script(`${COMMON}
give_back(ARGV[1], ARGV[2])`);
