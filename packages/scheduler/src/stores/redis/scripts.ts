/**
 * The store's Lua. Each script is one atomic step; all keys begin with KEYS[1], which carries the hash tag, so that a
 * cluster keeps them in one slot. Times are epoch ms of the server. What Lua need not understand (jobs, results) it
 * passes on as text.
 *
 * jobs      HASH id → job JSON               meta     HASH id → "maxInstances:func"    version HASH id → fencing token
 * order     ZSET id by next run, +inf paused due:<f>  ZSET id by when it may be lent   funcs   SET of f
 * lent      HASH id → 1 while it is lent      last     HASH id → "incarnation:latest run time"
 * running   HASH job → instances             leases   ZSET instance by lease end
 * held      HASH instance → "token\nowner\nattempt\ndeliveries\nmaxDeliveries\noffered\nfunc\njob"
 * work      HASH instance → {runs, job}      cancel   HASH instance → execution to stop
 * log       HASH execution → what never changes      state HASH execution → "state\ntoken\nowner\nattempt\n{rest}"
 * history   ZSET execution by submission     runs:<j> ZSET execution by run time       nodes HASH
 */
const COMMON = `
local P = KEYS[1]
local function nowMs()
  local t = redis.call('TIME')
  return t[1] * 1000 + math.floor(t[2] / 1000)
end
local function text(n) return string.format('%.0f', n) end
local function metaOf(id)
  local meta = redis.call('HGET', P .. 'meta', id)
  if not meta then return nil end
  local max, func = string.match(meta, '^(%d+):(.*)$')
  return tonumber(max), func
end
local function heldOf(id)
  local held = redis.call('HGET', P .. 'held', id)
  if not held then return nil end
  local token, owner, attempt, deliveries, max, offered, func, job =
    string.match(held, '^(%d+)\\n(.-)\\n(%d+)\\n(%d+)\\n(%d+)\\n(%d)\\n(.-)\\n(.*)$')
  return { token = tonumber(token), owner = owner, attempt = tonumber(attempt), deliveries = tonumber(deliveries),
    max = tonumber(max), offered = offered == '1', func = func, job = job }
end
local function keepHeld(id, h)
  redis.call('HSET', P .. 'held', id, table.concat({ text(h.token), h.owner, text(h.attempt), text(h.deliveries),
    text(h.max), h.offered and '1' or '0', h.func, h.job }, '\\n'))
end
local function closeHeld(id, h)
  redis.call('HDEL', P .. 'held', id)
  redis.call('HDEL', P .. 'work', id)
  redis.call('HDEL', P .. 'cancel', id)
  redis.call('ZREM', P .. 'leases', id)
  if redis.call('HINCRBY', P .. 'running', h.job, -1) <= 0 then redis.call('HDEL', P .. 'running', h.job) end
end
local function stateOf(id)
  local state = redis.call('HGET', P .. 'state', id)
  if not state then return nil end
  local name, token, owner, attempt, rest = string.match(state, '^(.-)\\n(%d+)\\n(.-)\\n(%d+)\\n(.*)$')
  return { name = name, token = tonumber(token), owner = owner, attempt = tonumber(attempt), rest = rest }
end
local function keepState(id, s)
  redis.call('HSET', P .. 'state', id, table.concat({ s.name, text(s.token), s.owner, text(s.attempt), s.rest }, '\\n'))
end
local function isFinal(name) return name ~= 'submitted' and name ~= 'running' end
local function removeJob(id)
  local _, func = metaOf(id)
  if not func then return 0 end
  redis.call('HDEL', P .. 'jobs', id)
  redis.call('HDEL', P .. 'meta', id)
  redis.call('HDEL', P .. 'version', id)
  redis.call('HDEL', P .. 'lent', id)
  redis.call('HDEL', P .. 'last', id)
  redis.call('ZREM', P .. 'order', id)
  redis.call('ZREM', P .. 'due:' .. func, id)
  if redis.call('ZCARD', P .. 'due:' .. func) == 0 then redis.call('SREM', P .. 'funcs', func) end
  return 1
end
-- next is epoch ms as text, or '' for a paused job
local function place(id, func, next)
  redis.call('HDEL', P .. 'lent', id)
  redis.call('ZADD', P .. 'order', next == '' and '+inf' or next, id)
  if next == '' then
    redis.call('ZREM', P .. 'due:' .. func, id)
    return
  end
  redis.call('SADD', P .. 'funcs', func)
  redis.call('ZADD', P .. 'due:' .. func, next, id)
end
local function wakeIfFirst(id)
  if redis.call('ZRANK', P .. 'order', id) == 0 then redis.call('PUBLISH', P .. 'wake', id) end
end
local function readJob(id)
  local job = redis.call('HGET', P .. 'jobs', id)
  if not job then return nil end
  local next = redis.call('ZSCORE', P .. 'order', id)
  return { id, job, next == 'inf' and '' or next, redis.call('HGET', P .. 'version', id) }
end
`;

const script = (body: string) => `${COMMON}\n${body}`;

export const NOW = script("return text(nowMs())");

/** id, job, max, func, next, version → the job there is already, or nothing. */
export const INSERT = script(`
local id, job, max, func, next, version = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]
if redis.call('HSETNX', P .. 'jobs', id, job) == 0 then return readJob(id) end
redis.call('HSET', P .. 'meta', id, max .. ':' .. func)
redis.call('HSET', P .. 'version', id, version)
place(id, func, next)
wakeIfFirst(id)
return false`);

export const GET = script("return readJob(ARGV[1]) or false");

/** id, job, max, func, next, version → 1 when the version was still that one. */
export const UPDATE = script(`
local id, job, max, func, next, version = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]
if redis.call('HGET', P .. 'version', id) ~= version then return 0 end
local _, before = metaOf(id)
if before ~= func then redis.call('ZREM', P .. 'due:' .. before, id) end
redis.call('HSET', P .. 'jobs', id, job)
redis.call('HSET', P .. 'meta', id, max .. ':' .. func)
redis.call('HINCRBY', P .. 'version', id, 1)
place(id, func, next)
wakeIfFirst(id)
return 1`);

export const REMOVE = script("return removeJob(ARGV[1])");

/** limit → how many were removed; repeated until none is left. */
export const REMOVE_SOME = script(`
local ids = redis.call('ZRANGE', P .. 'order', 0, tonumber(ARGV[1]) - 1)
for _, id in ipairs(ids) do removeJob(id) end
return #ids`);

/** from, to (ranks of the listing) → jobs. */
export const LIST = script(`
local jobs = {}
for _, id in ipairs(redis.call('ZRANGE', P .. 'order', ARGV[1], ARGV[2])) do jobs[#jobs + 1] = readJob(id) end
return jobs`);

/** The rank of the first job behind (next run or +inf, id). */
export const RANK_AFTER = script(`
local score, id = ARGV[1], ARGV[2]
local rank = redis.call('ZRANK', P .. 'order', id)
if rank and redis.call('ZSCORE', P .. 'order', id) == (score == '+inf' and 'inf' or score) then return rank + 1 end
local before = redis.call('ZCOUNT', P .. 'order', '-inf', score == '+inf' and '(inf' or '(' .. score)
for _, other in ipairs(redis.call('ZRANGEBYSCORE', P .. 'order', score, score)) do
  if other > id then break end
  before = before + 1
end
return before`);

/** lease ms, limit, "1" when tasks follow, tasks… → now, next due or '', jobs. */
export const CLAIM = script(`
local now, lease, limit = nowMs(), tonumber(ARGV[1]), tonumber(ARGV[2])
local funcs = {}
if ARGV[3] == '1' then for at = 4, #ARGV do funcs[#funcs + 1] = ARGV[at] end
else funcs = redis.call('SMEMBERS', P .. 'funcs') end
local due, nextDue = {}, nil
for _, func in ipairs(funcs) do
  local key = P .. 'due:' .. func
  local found = redis.call('ZRANGEBYSCORE', key, '-inf', text(now), 'WITHSCORES', 'LIMIT', 0, limit + 1)
  for at = 1, #found, 2 do due[#due + 1] = { id = found[at], score = tonumber(found[at + 1]), key = key } end
  local later = redis.call('ZRANGEBYSCORE', key, '(' .. text(now), '+inf', 'WITHSCORES', 'LIMIT', 0, 1)
  if later[2] and (not nextDue or tonumber(later[2]) < nextDue) then nextDue = tonumber(later[2]) end
end
if #funcs > 1 then
  table.sort(due, function(a, b) if a.score ~= b.score then return a.score < b.score end return a.id < b.id end)
end
if #due > limit then nextDue = now end
local jobs = {}
for at = 1, math.min(#due, limit) do
  local id = due[at].id
  redis.call('ZADD', due[at].key, text(now + lease), id)
  redis.call('HSET', P .. 'lent', id, 1)
  redis.call('HINCRBY', P .. 'version', id, 1)
  jobs[#jobs + 1] = readJob(id)
end
return { text(now), nextDue and text(nextDue) or '', jobs }`);

/** ms, ids… : jobs that cannot be read are left alone for so long. */
export const POSTPONE = script(`
local untilMs = text(nowMs() + ARGV[1])
for at = 2, #ARGV do
  local _, func = metaOf(ARGV[at])
  if func then redis.call('ZADD', P .. 'due:' .. func, untilMs, ARGV[at]) end
end
return 1`);

/** (job, version)… */
export const RELEASE = script(`
for at = 1, #ARGV, 2 do
  local id = ARGV[at]
  if redis.call('HGET', P .. 'version', id) == ARGV[at + 1] and redis.call('HEXISTS', P .. 'lent', id) == 1 then
    local _, func = metaOf(id)
    redis.call('HDEL', P .. 'lent', id)
    redis.call('ZADD', P .. 'due:' .. func, redis.call('ZSCORE', P .. 'order', id), id)
  end
end
return 1`);

/**
 * Decisions one after the other, 12 arguments each and 3 a run:
 * job, version or '', next run or '', instance or '', owner, lease ms, offered, incarnation, max deliveries, func, work,
 * runs; then execution, run time, log. → for each: verdict, token, indexes of the runs to do.
 */
export const DISPATCH = script(`
local now = nowMs()

local function repeated(instance, owner, runs)
  local known, full, left = false, false, {}
  for at, run in ipairs(runs) do
    local state = stateOf(run.id)
    if state then
      known = true
      if state.name == 'max_instances' then full = true end
      if not isFinal(state.name) then left[#left + 1] = at end
    end
  end
  if not known then return nil end
  if full then return { 'max_instances' } end
  local held = heldOf(instance)
  if not held or held.owner ~= owner then return { 'started', '0' } end
  return { 'started', text(held.token), unpack(left) }
end

local function wasExecuted(job, incarnation, at)
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', P .. 'runs:' .. job, at, at)) do
    local log = redis.call('HGET', P .. 'log', id)
    if log and string.sub(log, 1, #incarnation + 1) == incarnation .. '\\n' then return true end
  end
  return false
end

local function notYetExecuted(job, incarnation, runs)
  local last = redis.call('HGET', P .. 'last', job)
  local seen, latest = string.match(last or '', '^(.*):(-?%d+)$')
  if seen ~= incarnation then latest = nil else latest = tonumber(latest) end
  local left, newest = {}, latest
  for at, run in ipairs(runs) do
    local ms = tonumber(run.at)
    if not latest or ms > latest or not wasExecuted(job, incarnation, run.at) then left[#left + 1] = at end
    if not newest or ms > newest then newest = ms end
  end
  redis.call('HSET', P .. 'last', job, incarnation .. ':' .. text(newest))
  return left
end

local function open(d, max)
  local left = {}
  if d.version == '' then for at = 1, #d.runs do left[at] = at end
  else left = notYetExecuted(d.job, d.incarnation, d.runs) end
  if #left == 0 then return { 'started', '0' } end
  local running = tonumber(redis.call('HGET', P .. 'running', d.job) or '0')
  local full = running >= max
  for _, at in ipairs(left) do
    local run = d.runs[at]
    local incarnation = d.version == '' and '' or d.incarnation
    redis.call('HSET', P .. 'log', run.id, incarnation .. '\\n' .. text(now) .. '\\n' .. d.instance .. '\\n' .. run.log)
    keepState(run.id, { name = full and 'max_instances' or 'submitted', token = 1, owner = d.owner, attempt = 1,
      rest = full and '{"finishedAt":' .. text(now) .. '}' or '{}' })
    redis.call('ZADD', P .. 'history', text(now), run.id)
    redis.call('ZADD', P .. 'runs:' .. d.job, run.at, run.id)
  end
  if full then return { 'max_instances' } end
  local offered = d.offered == '1'
  keepHeld(d.instance, { token = 1, owner = d.owner, attempt = 1, deliveries = offered and 0 or 1,
    max = tonumber(d.max), offered = offered, func = d.func, job = d.job })
  redis.call('HSET', P .. 'work', d.instance, d.work)
  redis.call('ZADD', P .. 'leases', text(offered and now or now + d.lease), d.instance)
  redis.call('HSET', P .. 'running', d.job, running + 1)
  if offered then redis.call('PUBLISH', P .. 'wake', d.job) end
  return { 'started', '1', unpack(left) }
end

local function carryOut(d)
  local max, func = metaOf(d.job)
  local isLent = max and redis.call('HEXISTS', P .. 'lent', d.job) == 1
  local isMine = d.version ~= '' and isLent and redis.call('HGET', P .. 'version', d.job) == d.version
  if not isMine and d.instance ~= '' then
    local verdict = repeated(d.instance, d.owner, d.runs)
    if verdict then return verdict end
  end
  if not max or (d.version ~= '' and not isMine) then return { 'stale' } end
  local verdict = d.instance == '' and { 'started', '0' } or open(d, max)
  if d.version ~= '' then
    if d.next == '' then removeJob(d.job)
    else
      redis.call('HINCRBY', P .. 'version', d.job, 1)
      place(d.job, func, d.next)
    end
  end
  return verdict
end

local verdicts, at = {}, 1
while at <= #ARGV do
  local d = { job = ARGV[at], version = ARGV[at + 1], next = ARGV[at + 2], instance = ARGV[at + 3], owner = ARGV[at + 4],
    lease = tonumber(ARGV[at + 5]), offered = ARGV[at + 6], incarnation = ARGV[at + 7], max = ARGV[at + 8],
    func = ARGV[at + 9], work = ARGV[at + 10], runs = {} }
  local count = tonumber(ARGV[at + 11])
  at = at + 12
  for n = 1, count do
    d.runs[n] = { id = ARGV[at], at = ARGV[at + 1], log = ARGV[at + 2] }
    at = at + 3
  end
  verdicts[#verdicts + 1] = carryOut(d)
end
return verdicts`);

/** instance, token, execution, state, attempt, last, rest; again and again → 1 or 0 for each. */
export const REPORT = script(`
local answers = {}
for at = 1, #ARGV, 7 do
  local instance, token, execution = ARGV[at], tonumber(ARGV[at + 1]), ARGV[at + 2]
  local name, attempt, last, rest = ARGV[at + 3], tonumber(ARGV[at + 4]), ARGV[at + 5] == '1', ARGV[at + 6]
  local held, state = heldOf(instance), stateOf(execution)
  local isHeld = held and held.token == token
  local answer = 0
  if state and isHeld and not isFinal(state.name) then
    answer = 1
    keepState(execution, { name = name, token = token, owner = held.owner, attempt = attempt, rest = rest })
    if last and isFinal(name) then closeHeld(instance, held)
    elseif name ~= 'running' then
      held.attempt = isFinal(name) and 1 or attempt
      if isFinal(name) then held.deliveries = 1 end
      keepHeld(instance, held)
    end
  elseif state and isFinal(state.name) and state.token == token and state.name == name then answer = 1
  end
  answers[#answers + 1] = answer
end
return answers`);

/** lease ms, (instance, token)… → lost, cancel. */
export const RENEW = script(`
local untilMs, lost, cancel = text(nowMs() + ARGV[1]), {}, {}
for at = 2, #ARGV, 2 do
  local held = heldOf(ARGV[at])
  if not held or held.token ~= tonumber(ARGV[at + 1]) then lost[#lost + 1] = ARGV[at]
  else
    redis.call('ZADD', P .. 'leases', untilMs, ARGV[at])
    local execution = redis.call('HGET', P .. 'cancel', ARGV[at])
    if execution then cancel[#cancel + 1] = execution end
  end
end
return { lost, cancel }`);

/** (instance, token)… */
export const OFFER = script(`
for at = 1, #ARGV, 2 do
  local held = heldOf(ARGV[at])
  if held and held.token == tonumber(ARGV[at + 1]) then
    held.offered = true
    held.token = held.token + 1
    keepHeld(ARGV[at], held)
    redis.call('ZADD', P .. 'leases', text(nowMs()), ARGV[at])
    redis.call('PUBLISH', P .. 'wake', ARGV[at])
  end
end
return 1`);

/** owner, lease ms, limit, "1" when tasks follow, tasks… → now, next expiry or '', taken over, lost. */
export const REAP = script(`
local now, owner, lease, limit = nowMs(), ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local known = nil
if ARGV[4] == '1' then known = {} for at = 5, #ARGV do known[ARGV[at]] = true end end
local taken, lost, looked = {}, {}, 0
while #taken < limit and looked < 2000 do
  local ids = redis.call('ZRANGEBYSCORE', P .. 'leases', '-inf', text(now), 'LIMIT', looked, 200)
  if #ids == 0 then break end
  for _, id in ipairs(ids) do
    local held = heldOf(id)
    local work = held and cjson.decode(redis.call('HGET', P .. 'work', id))
    if not held then redis.call('ZREM', P .. 'leases', id)
    elseif held.offered or held.deliveries < held.max then
      if #taken >= limit or (known and not known[held.func]) then looked = looked + 1
      else
        if not held.offered then held.attempt = held.attempt + 1 end
        held.deliveries = held.deliveries + 1
        held.offered = false
        held.owner = owner
        held.token = held.token + 1
        keepHeld(id, held)
        redis.call('ZADD', P .. 'leases', text(now + lease), id)
        local runs = {}
        for index, execution in ipairs(work.ids) do
          local state = stateOf(execution)
          if state and not isFinal(state.name) then
            runs[#runs + 1] = index
            state.name, state.owner, state.token = 'submitted', owner, held.token
            if #runs == 1 then state.attempt = held.attempt end
            state.rest = '{}'
            keepState(execution, state)
          end
        end
        taken[#taken + 1] = { id, text(held.token), text(held.attempt), redis.call('HGET', P .. 'work', id), runs }
      end
    else
      for _, execution in ipairs(work.ids) do
        local state = stateOf(execution)
        if state and not isFinal(state.name) then
          state.name, state.token = 'lost', 0
          state.rest = '{"finishedAt":' .. text(now) .. '}'
          keepState(execution, state)
          lost[#lost + 1] = { execution, redis.call('HGET', P .. 'log', execution), redis.call('HGET', P .. 'state', execution) }
        end
      end
      closeHeld(id, held)
    end
  end
end
local next = redis.call('ZRANGEBYSCORE', P .. 'leases', '(' .. text(now), '+inf', 'WITHSCORES', 'LIMIT', 0, 1)
return { text(now), next[2] or '', taken, lost }`);

/** execution → 1 when it is under way. */
export const CANCEL = script(`
local state, log = stateOf(ARGV[1]), redis.call('HGET', P .. 'log', ARGV[1])
if not state or isFinal(state.name) then return 0 end
local instance = string.match(log, '^.-\\n.-\\n(.-)\\n')
redis.call('HSET', P .. 'cancel', instance, ARGV[1])
return 1`);

/** before ms, limit → how many finished executions were removed. */
export const DELETE_BEFORE = script(`
local removed, skipped, limit = 0, 0, tonumber(ARGV[2])
while removed < limit do
  local ids = redis.call('ZRANGEBYSCORE', P .. 'history', '-inf', '(' .. ARGV[1], 'LIMIT', skipped, math.min(limit - removed, 200))
  if #ids == 0 then break end
  for _, id in ipairs(ids) do
    local state, log = stateOf(id), redis.call('HGET', P .. 'log', id)
    if state and not isFinal(state.name) then skipped = skipped + 1
    else
      local job = log and cjson.decode(string.match(log, '^.-\\n.-\\n.-\\n(.*)$')).jobId
      redis.call('HDEL', P .. 'log', id)
      redis.call('HDEL', P .. 'state', id)
      redis.call('ZREM', P .. 'history', id)
      if job then redis.call('ZREM', P .. 'runs:' .. job, id) end
      removed = removed + 1
    end
  end
end
return removed`);

/** node, JSON → 1. The server's clock says when. */
export const HEARTBEAT = script("return redis.call('HSET', P .. 'nodes', ARGV[1], text(nowMs()) .. ':' .. ARGV[2])");
