import { jobLua, prelude } from "./prelude.js";

/**
 * Claims due jobs, the earliest first: the heads of the known tasks' ZSETs are merged, so that jobs of unknown tasks are
 * not read. A claimed job stays in its ZSET, at the end of its lease.
 * ARGV: now or '', lease ms, how many; then '' for any job, 'lanes' and their names, 'tasks' and their names (of any
 * executor), or 'executor' and its name (with any task).
 * Returns now, when the next job is due or '', then id, next run, version, JSON of each.
 */
export const claimDue = `${prelude}${jobLua}
local now, limit = clock(ARGV[1]), tonumber(ARGV[3])
local funcs = {}
if ARGV[4] == 'lanes' then
  for at = 5, #ARGV do funcs[at - 4] = ARGV[at] end
elseif ARGV[4] == '' then
  funcs = call('SMEMBERS', P .. 'funcs')
else
  local wanted, byTask = {}, ARGV[4] == 'tasks'
  for at = 5, #ARGV do wanted[ARGV[at]] = true end
  for _, lane in ipairs(call('SMEMBERS', P .. 'funcs')) do
    local executor, func = laneParts(lane)
    if wanted[byTask and func or executor] then funcs[#funcs + 1] = lane end
  end
end

local nextDue = nil
local function dueAt(head)
  local score = head[2] and tonumber(head[2])
  if score and (not nextDue or score < nextDue) then nextDue = score end
end

local lanes = {}
for _, func in ipairs(funcs) do
  local key = P .. 'due:' .. func
  local head = call('ZRANGE', key, 0, 0, 'WITHSCORES')
  if head[2] and tonumber(head[2]) <= now then
    lanes[#lanes + 1] = { key = key, taken = 0, window = {}, at = 1, score = 0 }
  else
    dueAt(head)
  end
end

-- Each lane is read a window at a time; its score is that of its next job, nil at its end.
local step = #lanes <= 1 and limit or math.max(8, 2 * math.ceil(limit / #lanes))
local function look(lane)
  if not lane.isRead then
    lane.window = call('ZRANGEBYSCORE', lane.key, '-inf', int(now), 'WITHSCORES', 'LIMIT', lane.taken, step)
    lane.at, lane.isRead = 1, #lane.window < 2 * step
  end
  lane.score = lane.window[lane.at + 1] and tonumber(lane.window[lane.at + 1])
end

local ids, from = {}, {}
while #ids < limit do
  local best = nil
  for _, lane in ipairs(lanes) do
    if lane.at > #lane.window then look(lane) end
    if lane.score and (not best or lane.score < best.score) then best = lane end
  end
  if not best then break end
  ids[#ids + 1] = best.window[best.at]
  from[#ids] = best
  best.at, best.taken = best.at + 2, best.taken + 1
  best.score = best.window[best.at + 1] and tonumber(best.window[best.at + 1])
end
for _, lane in ipairs(lanes) do dueAt(call('ZRANGE', lane.key, lane.taken, lane.taken, 'WITHSCORES')) end

local metas, specs = read(P .. 'meta', ids), read(P .. 'jobs', ids)
local reply, leased = { int(now), nextDue and int(nextDue) or '' }, {}
local leaseEnd = int(now + ARGV[2])
for at, id in ipairs(ids) do
  local lane = from[at]
  if metas[at] then
    local version, _, nextRun, max, func = parseMeta(metas[at])
    version = int(version + 1)
    leased[#leased + 1] = id
    leased[#leased + 1] = version .. ' 1 ' .. nextRun .. ' ' .. max .. ' ' .. func
    lane.leases = lane.leases or {}
    table.insert(lane.leases, leaseEnd)
    table.insert(lane.leases, id)
    local n = #reply
    reply[n + 1], reply[n + 2], reply[n + 3], reply[n + 4] = id, nextRun, version, specs[at]
  else
    call('ZREM', lane.key, id)
  end
end
write('HSET', P .. 'meta', leased)
for _, lane in ipairs(lanes) do write('ZADD', lane.key, lane.leases or {}) end
return reply
`;
