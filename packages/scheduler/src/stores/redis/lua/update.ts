import { jobLua, prelude } from "./prelude.js";

/**
 * ARGV: job id, the version that was read, func, next run or -, max instances, JSON. Answers the new version, or
 * nothing. The same change once more, its answer having been lost, finds itself done.
 */
export const update = `${prelude}${jobLua}
local id, expected, func, nextRun, max, spec = unpack(ARGV)
local meta = call('HGET', P .. 'meta', id)
if not meta then return false end
local version, lent, oldNext, oldMax, oldFunc = parseMeta(meta)
local raised = int(tonumber(expected) + 1)
local changed = raised .. ' 0 ' .. nextRun .. ' ' .. max .. ' ' .. func
if meta == changed and call('HGET', P .. 'jobs', id) == spec then return raised end
if version ~= expected then return false end
call('HSET', P .. 'jobs', id, spec)
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
