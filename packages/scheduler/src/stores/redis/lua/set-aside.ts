import { jobLua, prelude } from "./prelude.js";

/**
 * Pauses a claimed job that cannot be read, and writes its run down as an error. ARGV: now or '', job id, version,
 * execution id, owner, what the execution is, its outcome.
 */
export const setAside = String.raw`${prelude}${jobLua}
local now, id, version, run, owner, nature, outcome = unpack(ARGV)
local meta = call('HGET', P .. 'meta', id)
if not meta then return 0 end
local current, leased, nextRun, max, func = parseMeta(meta)
if current ~= version or leased ~= '1' then return 0 end
local at = int(clock(now))
call('HSET', P .. 'runs', run, 'e0 1 - ' .. at .. '\n' .. at .. ' ' .. owner .. ' ' .. nature .. '\n' .. outcome)
call('ZADD', P .. 'history', at, run)
call('ZADD', P .. 'history:' .. id, at, run)
call('ZADD', P .. 'ended:e', at, run)
call('HSET', P .. 'meta', id, int(current + 1) .. ' 0 - ' .. max .. ' ' .. func)
call('ZADD', P .. 'order', '+inf', id)
leaveDue(func, { id })
return 1
`;
