import { jobLua, prelude, waitingLua } from "./prelude.js";

/**
 * ARGV: job id, the version that was read, func, next run or -, max instances, JSON, and the new job of its waiting run:
 * its most deliveries and JSON. Returns the new version, or nothing. The same change once more, its answer having been
 * lost, finds itself done.
 */
export const update = `${prelude}${jobLua}${waitingLua}
local id, expected, func, nextRun, max, spec, most, waitingSpec = unpack(ARGV)
local meta = call('HGET', P .. 'meta', id)
if not meta then return false end
local version, leased, oldNext, oldMax, oldFunc = parseMeta(meta)
local raised = int(tonumber(expected) + 1)
local changed = raised .. ' 0 ' .. nextRun .. ' ' .. max .. ' ' .. func
if meta == changed and call('HGET', P .. 'jobs', id) == spec then return raised end
if version ~= expected then return false end
call('HSET', P .. 'jobs', id, spec)
local waiting = call('HGET', P .. 'waiting', id)
if waiting then
  local head = headOfWaiting(waiting)
  if head then
    head[2], head[3], head[5] = tonumber(max), tonumber(most), func
    call('HSET', P .. 'waiting', id, cjson.encode(head) .. '\\n' .. waitingSpec)
  end
end
call('HSET', P .. 'meta', id, changed)
call('ZADD', P .. 'order', nextRun == '-' and '+inf' or nextRun, id)
if oldNext ~= '-' and (nextRun == '-' or oldFunc ~= func) then leaveDue(oldFunc, { id }) end
if nextRun ~= '-' then
  call('ZADD', P .. 'due:' .. func, nextRun, id)
  call('SADD', P .. 'funcs', func)
  if isHead(func, id) then wake() end
end
return raised
`;
