import { instanceLua, jobLua, prelude, waitingLua } from "./prelude.js";

/**
 * Reads up to 100 instances with an expired lease, past the first `skip`, which an earlier call has left alone.
 * ARGV: now or '', owner, lease ms, how many to take over, skip, JSON of the [task, ack] that have one; then '' for any run, 'lanes' and their names, 'tasks' and
 * their names, or 'executor' and its name.
 * Returns now, when the next lease ends or '', the number left alone, whether there may be more; then for each taken
 * over: instance id, token, attempt, plan, the job's JSON and the ids of its unfinished executions; then id and row of
 * each execution that was lost or cancelled, whether runs wait for a place, and of each run that has one now:
 * instance id, head, JSON.
 */
export const reclaim = String.raw`${prelude}${jobLua}${instanceLua}${waitingLua}
local now = clock(ARGV[1])
local nowText, owner, limit, skip = int(now), ARGV[2], tonumber(ARGV[4]), tonumber(ARGV[5])
local leaseEnd = int(now + ARGV[3])
local known = nil
if ARGV[7] ~= '' then
  known = {}
  for at = 8, #ARGV do known[ARGV[at]] = true end
end
local function isKnown(lane)
  if not known then return true end
  if ARGV[7] == 'lanes' then return known[lane] end
  local executor, func = laneParts(lane)
  return known[ARGV[7] == 'tasks' and func or executor]
end

local acks = {}
for _, pair in ipairs(cjson.decode(ARGV[6])) do acks[pair[1]] = pair[2] end

-- The most deliveries of a run, which a job may have left to its task to say.
local function mostOf(most, lane, spec)
  local _, func = laneParts(lane)
  if not acks[func] or not find(spec, '"fromTask":[', 1, true) then return most end
  local isRead, job = pcall(cjson.decode, spec)
  if not isRead or type(job) ~= 'table' or type(job.fromTask) ~= 'table' then return most end
  for _, name in ipairs(job.fromTask) do
    if name == 'ack' then return acks[func] == 'late' and int(tonumber(job.maxDeliveries) or most) or '0' end
  end
  return most
end

local WINDOW = 100
local ids = call('ZRANGEBYSCORE', P .. 'leases', '-inf', nowText, 'LIMIT', skip, WINDOW)
local taken, lost, closed, jobs, left = {}, {}, {}, {}, 0

-- The unfinished executions of a plan, which is [id, run time, id, run time …]; none of one that cannot be read.
local function unfinished(plan)
  local runs, found = {}, {}
  local isRead, parts = pcall(cjson.decode, plan)
  for n, part in ipairs(isRead and type(parts) == 'table' and parts or {}) do
    if n % 2 == 1 then runs[#runs + 1] = tostring(part) end
  end
  for n, row in ipairs(read(P .. 'runs', runs)) do
    local state = row and sub(row, 1, 1)
    if state == 's' or state == 'r' then found[#found + 1] = { id = runs[n], row = row } end
  end
  return found
end

local function lose(runs, asked)
  for _, run in ipairs(runs) do
    local letter = asked[run.id] and 'c' or 'l'
    local attempt, started, rest = match(run.row, '^%S+ (%S+) (%S+) %S+(\n.*)$')
    local row = letter .. '0 ' .. attempt .. ' ' .. started .. ' ' .. nowText .. rest
    call('HSET', P .. 'runs', run.id, row)
    call('ZADD', P .. 'ended:' .. letter, match(rest, '^\n(%d+)'), run.id)
    lost[#lost + 1] = run.id
    lost[#lost + 1] = row
  end
end

local function handOver(runs, token, attempt)
  local unfinishedIds = {}
  for n, run in ipairs(runs) do
    local own, submitted, rest = match(run.row, '^%S+ (%S+) %S+ %S+\n(%d+) %S+( .*)$')
    if n == 1 then own = attempt end
    call('HSET', P .. 'runs', run.id, 's' .. token .. ' ' .. own .. ' - -\n' .. submitted .. ' ' .. owner .. rest)
    unfinishedIds[n] = run.id
  end
  return unfinishedIds
end

-- Executions of an instance that were asked to end.
local function askedOf(text)
  local asked = {}
  if text then
    local isRead, ids = pcall(cjson.decode, '[' .. text .. ']')
    for _, id in ipairs(isRead and ids or {}) do asked[id] = true end
  end
  return asked
end

local function allAsked(runs, asked)
  for _, run in ipairs(runs) do
    if not asked[run.id] then return false end
  end
  return true
end

local cancels = read(P .. 'cancels', ids)
for n, instance in ipairs(read(P .. 'instances', ids)) do
  local id = ids[n]
  if not instance or not parseInstance(instance) then
    call('ZREM', P .. 'leases', id)
  else
    local token, attempt, deliveries, most, offered, idLength, funcLength, _, body = parseInstance(instance)
    local func = sub(instance, body + idLength, body + idLength + funcLength - 1)
    local mayStart = offered == '1' or tonumber(deliveries) < tonumber(most)
    local asked = askedOf(cancels[n])
    local isOver = not mayStart
    if cancels[n] then isOver = isOver or allAsked(unfinished(match(instance, '^[^\n]*', body + idLength + funcLength) or ''), asked) end
    if not isOver and (not isKnown(func) or #taken >= limit) then
      left = left + 1
    else
      local plan, spec = match(instance, '^([^\n]*)\n(.*)$', body + idLength + funcLength)
      local runs = unfinished(plan or '')
      if not isOver and #runs > 0 then
        token, deliveries = int(token + 1), int(deliveries + 1)
        if offered ~= '1' then attempt = int(attempt + 1) end
        local head = headOf(token, attempt, deliveries, mostOf(most, func, spec), '0', idLength, funcLength, owner)
        call('HSET', P .. 'instances', id, head .. sub(instance, body))
        call('ZADD', P .. 'leases', leaseEnd, id)
        taken[#taken + 1] = { id, token, attempt, plan, spec, handOver(runs, token, attempt) }
      else
        lose(runs, asked)
        closed[#closed + 1] = id
        jobs[#jobs + 1] = sub(instance, body, body + idLength - 1)
      end
    end
  end
end
closeInstances(closed, jobs)

-- Runs that wait, and have a place now that the instances above are closed.
local started = {}
local waiting = call('HKEYS', P .. 'waiting')
if #waiting > 0 and #taken < limit then
  local counts, metas = read(P .. 'active', waiting), read(P .. 'meta', waiting)
  for n, job in ipairs(waiting) do
    if #taken + #started >= limit then break end
    local text = call('HGET', P .. 'waiting', job)
    local head, line = headOfWaiting(text)
    local max, isPaused = head and tonumber(head[2]) or 0, false
    if not head then
      call('HDEL', P .. 'waiting', job)
    elseif metas[n] then
      local _, _, nextRun, most = parseMeta(metas[n])
      max, isPaused = tonumber(most), nextRun == '-'
    end
    if head and tonumber(counts[n] or 0) < max and (head[1] == 1 or not isPaused) and isKnown(head[5]) then
      local id, lane, run = head[4], head[5], head[6]
      local spec = match(text, '\n(.*)$') or ''
      local submitted, rest = match(call('HGET', P .. 'runs', run) or '', '^[^\n]*\n(%d+) %S+( .*)$')
      if submitted then call('HSET', P .. 'runs', run, 's2 1 - -\n' .. submitted .. ' ' .. owner .. rest) end
      call('ZREM', P .. 'ended:q', run)
      call('HDEL', P .. 'waiting', job)
      call('HSET', P .. 'instances', id, headOf('2', '1', '1', mostOf(int(head[3]), lane, spec), '0', #job, #lane, owner) .. job .. lane
        .. cjson.encode({ run, head[7] }) .. '\n' .. spec)
      call('ZADD', P .. 'leases', leaseEnd, id)
      call('HINCRBY', P .. 'active', job, 1)
      started[#started + 1] = { id, line, spec }
    end
  end
end
local after = call('ZRANGEBYSCORE', P .. 'leases', '(' .. nowText, '+inf', 'WITHSCORES', 'LIMIT', 0, 1)
return { nowText, after[2] or '', left, #ids == WINDOW and 1 or 0, taken, lost, #waiting > 0 and 1 or 0, started }
`;
