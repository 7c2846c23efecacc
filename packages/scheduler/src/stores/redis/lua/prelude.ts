/**
 * Functions that the scripts share. KEYS[1] is the prefix of all keys, `{scheduler:<namespace>}:`: it carries the hash tag, so a
 * cluster sends the script to the one node that has everything. Under the prefix:
 *
 *     jobs        HASH  job id → its JSON, opaque here
 *     meta        HASH  job id → "<version> <claimed: 0|1> <next run or -> <max instances> <lane>"
 *     order       ZSET  job ids by next run, paused ones at +inf: the order of the list
 *     due:<lane>  ZSET  job ids by when they may be claimed: the next run, or the end of their claim's lease
 *     funcs       SET   the lanes (a task's name, with its executor's: see lane.ts) that have a due:<lane>
 *     runs        HASH  execution id → its row, three lines (see execution-row.ts)
 *     history     ZSET  execution ids by submission;  history:<job id> the same of one job
 *     ended:<c>   ZSET  execution ids in the unusual state <c>, by submission
 *     once        HASH  (run time, incarnation, job) → execution id: a run time is executed once
 *     instances   HASH  instance id → its head line, then job id, lane, plan, and the job's JSON
 *     leases      ZSET  instance ids by the end of their lease
 *     active      HASH  job id → how many instances are open
 *     waiting     HASH  job id → the run that waits for a place among its instances: a JSON line, then the job's JSON
 *     cancels     HASH  instance id → executions that were asked to end, as JSON strings with commas between
 *     nodes       HASH  scheduler id → "<seen> <JSON>"
 *
 * Batches read and write with one variadic command a structure: a call costs more than what it does. Numbers leave Lua
 * through `int`, since tostring keeps 14 digits. Strings are never compared with <, which follows the server's locale.
 */
export const prelude = `
local P = KEYS[1]
local call, format, match, sub, find = redis.call, string.format, string.match, string.sub, string.find

local function int(number) return format('%.0f', number) end

-- Epoch ms: the one that was given (tests), else the server's.
local function clock(given)
  if given ~= '' then return tonumber(given) end
  local time = call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- Lua's stack takes some thousands of arguments; an even number keeps pairs together.
local MOST = 4000

local function write(command, key, list)
  for from = 1, #list, MOST do
    call(command, key, unpack(list, from, math.min(from + MOST - 1, #list)))
  end
end

local function read(key, fields)
  if #fields == 0 then return {} end
  if #fields <= MOST then return call('HMGET', key, unpack(fields)) end
  local values = {}
  for from = 1, #fields, MOST do
    for _, value in ipairs(call('HMGET', key, unpack(fields, from, math.min(from + MOST - 1, #fields)))) do
      values[#values + 1] = value
    end
  end
  return values
end

-- Wakes the schedulers that wait, as well as it can: by now everything else is written. A client's own key prefix does
-- not apply to channels.
local function wake() redis.pcall('PUBLISH', match(P, '.*({scheduler:.+)$') .. 'wake', '') end
`;

/** Reading and moving jobs. */
export const jobLua = `
-- The executor and the task of a lane.
local function laneParts(lane)
  local executor, func = match(lane, '^\\1([^\\1]*)\\1(.*)$')
  if executor then return executor, func end
  return 'default', lane
end

local function parseMeta(meta) return match(meta, '^(%d+) (%d) (%S+) (%d+) (.*)$') end

-- True when the job is the first of its kind to become due.
local function isHead(func, id) return call('ZRANGE', P .. 'due:' .. func, 0, 0)[1] == id end

local function leaveDue(func, ids)
  write('ZREM', P .. 'due:' .. func, ids)
  if call('EXISTS', P .. 'due:' .. func) == 0 then call('SREM', P .. 'funcs', func) end
end
`;

/** Taking jobs out. */
export const removeLua = `
local function removeJobs(ids)
  local metas, gone, lanes = read(P .. 'meta', ids), {}, {}
  for at, id in ipairs(ids) do
    if metas[at] then
      gone[#gone + 1] = id
      local _, _, nextRun, _, func = parseMeta(metas[at])
      if nextRun ~= '-' then
        lanes[func] = lanes[func] or {}
        table.insert(lanes[func], id)
      end
    end
  end
  write('HDEL', P .. 'jobs', gone)
  write('HDEL', P .. 'meta', gone)
  write('ZREM', P .. 'order', gone)
  for func, members in pairs(lanes) do leaveDue(func, members) end
  return #gone
end
`;

/** Schedulers with their heartbeats. */
export const nodeLua = `
-- Those seen since then, as "<seen> <JSON>"; the others are forgotten.
local function nodesSince(oldest)
  local all, found = call('HGETALL', P .. 'nodes'), {}
  for at = 1, #all, 2 do
    if tonumber(match(all[at + 1], '^%d+') or 0) < oldest then
      call('HDEL', P .. 'nodes', all[at])
    else
      found[#found + 1] = all[at + 1]
    end
  end
  return found
end
`;

/** Finds a place in a ZSET again, from the score and the member there. */
export const searchLua = `
local function isBefore(one, other)
  for at = 1, math.min(#one, #other) do
    local a, b = string.byte(one, at), string.byte(other, at)
    if a ~= b then return a < b end
  end
  return #one < #other
end

-- How many entries come before (score, member), which need not be there any more.
local function placeOf(index, score, member)
  local low = call('ZCOUNT', index, '-inf', '(' .. score)
  local high = low + call('ZCOUNT', index, score, score)
  while low < high do
    local middle = math.floor((low + high) / 2)
    if isBefore(call('ZRANGE', index, middle, middle)[1], member) then low = middle + 1 else high = middle end
  end
  return low
end
`;

/** Ends a waiting run. Its head is [starts without a next run, max instances, most deliveries, instance id, lane, execution id, run time]. */
export const waitingLua = String.raw`
-- The head of a waiting run, and as JSON; nil when it cannot be read.
local function headOfWaiting(text)
  local line = match(text, '^[^\n]*')
  local isRead, head = pcall(cjson.decode, line)
  if isRead and type(head) == 'table' and type(head[6]) == 'string' and tonumber(head[2]) then return head, line end
end

-- The run of a job that waits gets the state of that letter, and waits no more. Answers its head, as JSON; nil when none waited.
local function endWaiting(job, letter, nowText)
  local text = call('HGET', P .. 'waiting', job)
  if not text then return nil end
  call('HDEL', P .. 'waiting', job)
  local head, line = headOfWaiting(text)
  if not head then return nil end
  local id = head[6]
  local row = call('HGET', P .. 'runs', id)
  if row then
    call('HSET', P .. 'runs', id, letter .. '0 1 - ' .. nowText .. match(row, '\n.*$'))
    call('ZREM', P .. 'ended:q', id)
    call('ZADD', P .. 'ended:' .. letter, match(row, '^[^\n]*\n(%d+)'), id)
  end
  return line
end
`;

/** Reading and closing instances. */
export const instanceLua = String.raw`
-- The head line: token, attempt, deliveries, most deliveries, offered, length of job id and of func, owner; then where the rest starts.
local function parseInstance(text)
  return match(text, '^(%d+) (%d+) (%d+) (%d+) (%d) (%d+) (%d+) (%S+)\n()')
end

local function headOf(token, attempt, deliveries, most, offered, idLength, funcLength, owner)
  return token .. ' ' .. attempt .. ' ' .. deliveries .. ' ' .. most .. ' ' .. offered .. ' ' .. idLength .. ' '
    .. funcLength .. ' ' .. owner .. '\n'
end

-- closed: instance ids; jobs: the job id of each.
local function closeInstances(closed, jobs)
  if #closed == 0 then return end
  write('HDEL', P .. 'instances', closed)
  write('HDEL', P .. 'cancels', closed)
  write('ZREM', P .. 'leases', closed)
  local counts, left, none = read(P .. 'active', jobs), {}, {}
  for at, job in ipairs(jobs) do left[job] = (left[job] or tonumber(counts[at] or 1)) - 1 end
  local some = {}
  for job, count in pairs(left) do
    if count > 0 then
      some[#some + 1] = job
      some[#some + 1] = int(count)
    else
      none[#none + 1] = job
    end
  end
  write('HSET', P .. 'active', some)
  write('HDEL', P .. 'active', none)
end
`;
