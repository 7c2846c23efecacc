import { jobLua, prelude } from "./prelude.js";

/** ARGV: job id, func, next run or -, max instances, JSON, version. Returns meta and JSON of an existing job, or nothing. */
export const insert = `${prelude}${jobLua}
local id, func, nextRun, max, spec, version = unpack(ARGV)
local there = call('HGET', P .. 'meta', id)
if there then return { there, call('HGET', P .. 'jobs', id) } end
call('HSET', P .. 'jobs', id, spec)
call('HSET', P .. 'meta', id, version .. ' 0 ' .. nextRun .. ' ' .. max .. ' ' .. func)
if nextRun == '-' then
  call('ZADD', P .. 'order', '+inf', id)
else
  call('ZADD', P .. 'order', nextRun, id)
  call('ZADD', P .. 'due:' .. func, nextRun, id)
  call('SADD', P .. 'funcs', func)
  if isHead(func, id) then wake() end
end
return false
`;
