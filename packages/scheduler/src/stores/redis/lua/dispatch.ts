import { jobLua, prelude, waitingLua } from "./prelude.js";

/**
 * Applies requests. ARGV: now or '', number of requests, then of each
 *   job id, version ('' by hand), next run ('' when the job ends), number of the first runs that do not count ('' when none
 *   is counted), instance id ('' without one),
 * with an instance: lease ms, "<deliveries> <most> <offered>", owner, func, plan, the job's JSON ('' for the stored one),
 *   '' to skip an overlap, 'q' to queue it or 'c' to ask what runs to end as well, 'o' for run times that are had once
 *   without a claim, with the letters of the states after which they are had again, the run as it waits then,
 *   number of runs, and of each: execution id, its once field ('' by hand), its row.
 * Returns for each: 'q' waiting, with the head of what waited before and a line of executions asked to end, 's' stale, 'm' max instances, 'n' nothing to do, '*' all runs started with token 1, or
 * "<token> <which> <which> …" for some of the runs.
 *
 * Values read first stay true for the whole batch, because the jobs' changes are made in these tables first. What is
 * to be written is gathered and written at once; a request that may be a repetition needs to see it, hence `flush`.
 */
export const dispatch = String.raw`${prelude}${jobLua}${waitingLua}
local now = clock(ARGV[1])
local nowText = int(now)

local requests, ids, fields, unread, at = {}, {}, {}, {}, 3
for n = 1, tonumber(ARGV[2]) do
  local request = { id = ARGV[at], version = ARGV[at + 1], nextRun = ARGV[at + 2], uncounted = tonumber(ARGV[at + 3]),
    instance = ARGV[at + 4], at = at + 5, counted = 0 }
  requests[n], ids[n] = request, request.id
  at = at + 5
  if request.uncounted then unread[#unread + 1] = request.id end
  if request.instance ~= '' then
    if ARGV[at + 5] == '' then unread[#unread + 1] = request.id end
    request.runs, request.first = tonumber(ARGV[at + 8]), at + 9
    request.overlap, request.waiting = ARGV[at + 6], ARGV[at + 7]
    at = at + 9 + 3 * request.runs
    for run = request.first, at - 1, 3 do
      if ARGV[run + 1] ~= '' then fields[#fields + 1] = ARGV[run + 1] end
    end
  end
end

local jobs = {}
local counts = read(P .. 'active', ids)
for n, meta in ipairs(read(P .. 'meta', ids)) do
  if not meta then
    jobs[ids[n]] = false
  elseif not jobs[ids[n]] then
    local version, leased, _, max, func = parseMeta(meta)
    jobs[ids[n]] = { version = version, leased = leased == '1', max = max, func = func, active = tonumber(counts[n] or 0) }
  end
end
local specs = {}
for n, spec in ipairs(read(P .. 'jobs', unread)) do specs[unread[n]] = spec end
local executed = {}
for n, id in ipairs(read(P .. 'once', fields)) do executed[fields[n]] = id end

local rows, history, once, instances, leases, active, metas, order, gone, full, lanes, counted
local function clear()
  rows, history, once, instances, leases, active, metas, order, gone, full, lanes = {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}
  counted = {}
end
clear()

local isWakeUp = false
local function flush()
  write('HSET', P .. 'runs', rows)
  write('ZADD', P .. 'history', history)
  write('HSET', P .. 'once', once)
  write('HSET', P .. 'instances', instances)
  write('ZADD', P .. 'leases', leases)
  write('HSET', P .. 'active', active)
  write('ZADD', P .. 'ended:m', full)
  write('HSET', P .. 'meta', metas)
  write('HSET', P .. 'jobs', counted)
  write('ZADD', P .. 'order', order)
  write('HDEL', P .. 'meta', gone)
  write('HDEL', P .. 'jobs', gone)
  write('ZREM', P .. 'order', gone)
  for func, lane in pairs(lanes) do
    if #lane.gone > 0 then leaveDue(func, lane.gone) end
    if #lane.moved > 0 then
      write('ZADD', P .. 'due:' .. func, lane.moved)
      call('SADD', P .. 'funcs', func)
      isWakeUp = isWakeUp or lane.ids[call('ZRANGE', P .. 'due:' .. func, 0, 0)[1]]
    end
  end
  clear()
end

local function push(list, key, value)
  local n = #list
  list[n + 1], list[n + 2] = key, value
end

-- What was answered to the same request before, when that answer was lost; nil when it is new.
local function repeated(request)
  flush()
  local runs = {}
  for run = request.first, request.first + 3 * request.runs - 1, 3 do runs[#runs + 1] = ARGV[run] end
  local isKnown, left, last = false, {}, ''
  for n, row in ipairs(read(P .. 'runs', runs)) do
    if row then
      isKnown = true
      local state = sub(row, 1, 1)
      last = state
      if state == 'm' then left.skipped = true end
      if state == 's' or state == 'r' then left[#left + 1] = n - 1 end
    end
  end
  if not isKnown then return nil end
  if last == 'q' then return 'q\n' end
  if left.skipped then return 'm' end
  local open = call('HGET', P .. 'instances', request.instance)
  if not open then return 'n' end
  local token, owner = match(open, '^(%d+) %d+ %d+ %d+ %d %d+ %d+ (%S+)')
  -- With a later token it was taken over, perhaps by the same owner, who holds it already.
  if owner ~= ARGV[request.at + 2] or token ~= '1' then return 'n' end
  return token .. ' ' .. table.concat(left, ' ')
end

-- Run times of a backfill whose executions ended in one of its states are free again.
local function free(request)
  local fields, ids = {}, {}
  for run = request.first, request.first + 3 * request.runs - 1, 3 do
    local field = ARGV[run + 1]
    if type(executed[field]) == 'string' then fields[#fields + 1], ids[#ids + 1] = field, executed[field] end
  end
  for n, row in ipairs(read(P .. 'runs', ids)) do
    if row and find(request.overlap, sub(row, 1, 1), 2, true) then executed[fields[n]] = nil end
  end
end

-- Which of its runs, counted from 0, have not been executed yet.
local ONE = { 0 }
local function runsToDo(request)
  if request.runs == 1 then
    local field = ARGV[request.first + 1]
    if executed[field] then return {} end
    if field ~= '' then executed[field] = true end
    return ONE
  end
  local toDo = {}
  for n = 0, request.runs - 1 do
    local field = ARGV[request.first + 3 * n + 1]
    if not executed[field] then
      if field ~= '' then executed[field] = true end
      toDo[#toDo + 1] = n
    end
  end
  return toDo
end

-- Asks as many instances of a job to end as must go for one more, the oldest first. Answers their executions, as JSON with commas between.
local function askToEnd(id, job)
  local byInstance, order, stop = {}, {}, 0
  local index = P .. 'history:' .. id
  while stop < 5000 do
    local ids, isOpen = call('ZREVRANGE', index, stop, stop + 99), false
    for n, row in ipairs(read(P .. 'runs', ids)) do
      local state = row and sub(row, 1, 1)
      if state == 's' or state == 'r' then
        isOpen = true
        local isRead, nature = pcall(cjson.decode, match(row, '^[^\n]*\n%d+ %S+ ([^\n]*)') or '')
        local instance = isRead and type(nature) == 'table' and nature[5] or ''
        if not byInstance[instance] then
          byInstance[instance] = {}
          order[#order + 1] = instance
        end
        table.insert(byInstance[instance], cjson.encode(ids[n]))
      end
    end
    stop = stop + 100
    if #ids < 100 or (#order >= job.active and not isOpen) then break end
  end
  local all = {}
  for n = #order, math.max(1, #order - (job.active - tonumber(job.max))), -1 do
    local asked = call('HGET', P .. 'cancels', order[n])
    for _, text in ipairs(byInstance[order[n]]) do
      all[#all + 1] = text
      if not asked then asked = text elseif not find(asked, text, 1, true) then asked = asked .. ',' .. text end
    end
    call('HSET', P .. 'cancels', order[n], asked)
  end
  return table.concat(all, ',')
end

-- Leaves a run waiting, in place of the one that waited.
local function wait(request, job, run)
  flush()
  local superseded = endWaiting(request.id, 'm', nowText) or ''
  call('HSET', P .. 'waiting', request.id, request.waiting)
  -- One that takes the place of a run that waited is counted already, with that one.
  if superseded == '' then request.counted = 1 end
  call('ZADD', P .. 'ended:q', nowText, run)
  return 'q' .. superseded .. '\n' .. (request.overlap == 'c' and askToEnd(request.id, job) or '')
end

local function open(request, job)
  local lease, numbers, owner, func, plan, spec = unpack(ARGV, request.at, request.at + 5)
  if sub(request.overlap, 1, 1) == 'o' then
    if job.active >= tonumber(job.max) then return 'm' end
    free(request)
  end
  local toDo = runsToDo(request)
  if #toDo == 0 then return 'n' end
  local mayWait = request.overlap == 'q' or request.overlap == 'c'
  local isFull = job.active >= tonumber(job.max) or (mayWait and call('HEXISTS', P .. 'waiting', request.id) == 1)
  local state = (isFull and 'm1 1 - ' .. nowText or 's1 1 - -') .. '\n' .. nowText .. ' ' .. owner .. ' '
  local waits = isFull and mayWait and toDo[#toDo] == request.runs - 1
  local index = P .. 'history:' .. request.id
  for _, n in ipairs(toDo) do
    local run = request.first + 3 * n
    local id, field = ARGV[run], ARGV[run + 1]
    local isWaiting = waits and n == request.runs - 1
    push(rows, id, (isWaiting and 'q1 1 - -' .. match(state, '\n.*$') or state) .. ARGV[run + 2] .. '\n')
    push(history, nowText, id)
    call('ZADD', index, nowText, id)
    if field ~= '' then push(once, field, id) end
    if isFull and not isWaiting then push(full, nowText, id) end
  end
  if waits then return wait(request, job, ARGV[request.first + 3 * (request.runs - 1)]) end
  if isFull then return 'm' end
  if request.uncounted then
    for _, n in ipairs(toDo) do
      if n >= request.uncounted then request.counted = request.counted + 1 end
    end
  end
  job.active = job.active + 1
  push(active, request.id, job.active)
  if spec == '' then spec = specs[request.id] or '' end
  push(instances, request.instance, '1 1 ' .. numbers .. ' ' .. #request.id .. ' ' .. #func .. ' ' .. owner .. '\n'
    .. request.id .. func .. plan .. '\n' .. spec)
  push(leases, int(now + lease), request.instance)
  if sub(numbers, -1) == '1' then isWakeUp = true end
  if #toDo == request.runs then return '*' end
  return '1 ' .. table.concat(toDo, ' ')
end

-- Adds its runs to those of the job, which stand at the beginning of its JSON; true when that is the last one.
local function count(request)
  local head, runs, most = match(specs[request.id] or '', '^({"v":%d+,"runCount":)(%d+),"maxRuns":(%d+)')
  if not head or request.counted == 0 then return head and tonumber(runs) >= tonumber(most) end
  local spec, sum = specs[request.id], tonumber(runs) + request.counted
  specs[request.id] = head .. int(sum) .. sub(spec, #head + #runs + 1)
  push(counted, request.id, specs[request.id])
  return sum >= tonumber(most)
end

-- To its next run, or out of the store.
local function advance(request, job)
  local lane = lanes[job.func]
  if not lane then
    lane = { gone = {}, moved = {}, ids = {} }
    lanes[job.func] = lane
  end
  if request.nextRun == '' then
    jobs[request.id] = false
    gone[#gone + 1] = request.id
    lane.gone[#lane.gone + 1] = request.id
    return
  end
  job.version, job.leased = int(job.version + 1), false
  if request.uncounted and count(request) then
    push(metas, request.id, job.version .. ' 0 - ' .. job.max .. ' ' .. job.func)
    push(order, '+inf', request.id)
    lane.gone[#lane.gone + 1] = request.id
    return
  end
  push(metas, request.id, job.version .. ' 0 ' .. request.nextRun .. ' ' .. job.max .. ' ' .. job.func)
  push(order, request.nextRun, request.id)
  push(lane.moved, request.nextRun, request.id)
  lane.ids[request.id] = true
end

local results = {}
for n, request in ipairs(requests) do
  local job, isByHand = jobs[request.id], request.version == ''
  local holds = job and (isByHand or (job.leased and job.version == request.version))
  local result = nil
  if request.instance ~= '' and (isByHand or not holds) then result = repeated(request) end
  if not result then
    if not holds then
      result = 's'
    else
      result = request.instance == '' and 'n' or open(request, job)
      if not isByHand then advance(request, job) end
    end
  end
  results[n] = result
end
flush()
if isWakeUp then wake() end
return results
`;
