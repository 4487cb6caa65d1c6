/**
 * Lua: `many` calls a command on a key with any number of arguments; Lua's stack holds some
 * thousands.
 */
export const CALL_MANY = `
local function many(command, key, items)
  for i = 1, #items, 1000 do redis.call(command, key, unpack(items, i, math.min(i + 999, #items))) end
end
`;

/**
 * Lua: `put` adds a field to the answer, and `packed` returns the answer, which {@link unpackRows}
 * reads.
 */
export const PACK = `
local fields, put_count = {}, 0
local function put(field)
  put_count = put_count + 1
  fields[put_count] = field or false
end
local function packed() return cmsgpack.pack(fields) end
`;

/** MessagePack's first bytes. Source: https://github.com/msgpack/msgpack/blob/master/spec.md */
const FALSE = 0xc2;
const ARRAY_16 = 0xdc;
const ARRAY_32 = 0xdd;
const TEXT_8 = 0xd9;
const TEXT_16 = 0xda;

/** The text of a field: a character a byte, UTF-8, or the bytes as they are. */
export type FieldType = 'latin1' | 'utf8' | 'bytes';

/** The fields of a row, each read as its type says; null for one that is missing. */
export type RowOf<Types extends readonly FieldType[]> = {
  readonly [Place in keyof Types]: (Types[Place] extends 'bytes' ? Buffer : string) | null;
};

/**
 * Reads what a script with {@link PACK} answers: a list of texts in MessagePack. One answer costs
 * the client a fraction of thousands of small ones, and Redis no more; lengths are in bytes, so a
 * field may hold any.
 * @param types of the fields of a row.
 */
export function unpackRows<Types extends readonly FieldType[]>(
  answer: unknown,
  types: Types,
): RowOf<Types>[] {
  const bytes = answer as Buffer;
  const rows: unknown[][] = [];
  let row: unknown[] = [];
  let at = bytes[0] === ARRAY_32 ? 5 : bytes[0] === ARRAY_16 ? 3 : 1;
  while (at < bytes.length) {
    const first = bytes[at++]!;
    if (first === FALSE) row.push(null);
    else {
      const sizeBytes = first < TEXT_8 ? 0 : first === TEXT_8 ? 1 : first === TEXT_16 ? 2 : 4;
      const length = sizeBytes === 0 ? first & 0x1f : bytes.readUIntBE(at, sizeBytes);
      at += sizeBytes + length;
      const type = types[row.length]!;
      row.push(
        type === 'bytes' ? bytes.subarray(at - length, at) : bytes.toString(type, at - length, at),
      );
    }
    if (row.length < types.length) continue;
    rows.push(row);
    row = [];
  }
  return rows as unknown[] as RowOf<Types>[];
}

/** Below it, one LREM for each entry is faster than to read the list. */
const MIN_READ_ENTRIES = 16;

/**
 * Lua: `release` removes entries from a list, each once, and returns those that were there. LREM
 * for each would compare all entries before it. So as many as are to go are read at the end of the
 * list where the oldest are, which as a rule is just these; any others there move behind, and
 * the next ones are read.
 * @param oldest the end with the oldest entries.
 */
export function release(oldest: 'left' | 'right'): string {
  const [one, read, push, cut] =
    oldest === 'left'
      ? ['1', '0, count - 1', 'RPUSH', 'count, -1']
      : ['-1', '-count, -1', 'LPUSH', '0, -count - 1'];
  return `${CALL_MANY}
local function release(list, ids)
  local found, wanted, open = {}, {}, #ids
  if open < ${MIN_READ_ENTRIES} then
    for _, id in ipairs(ids) do
      if redis.call('LREM', list, ${one}, id) ~= 0 then found[#found + 1] = id end
    end
    return found
  end
  -- A full Redis refuses no command after a script's first write, and so takes the others back.
  redis.call('DEL', list .. ':none')
  for _, id in ipairs(ids) do wanted[id] = (wanted[id] or 0) + 1 end
  local unread = redis.call('LLEN', list)
  while open > 0 and unread > 0 do
    local count = math.min(#ids, unread)
    local window, others = redis.call('LRANGE', list, ${read}), {}
    for i = ${oldest === 'left' ? '1, count' : 'count, 1, -1'} do
      local id = window[i]
      if (wanted[id] or 0) > 0 then
        wanted[id] = wanted[id] - 1
        open = open - 1
        found[#found + 1] = id
      else
        others[#others + 1] = id
      end
    end
    -- In this order an error in between leaves an entry twice, never not at all.
    many('${push}', list, others)
    redis.call('LTRIM', list, ${cut})
    unread = unread - count
  end
  return found
end
`;
}
