import { prelude, waitingLua } from "./prelude.js";

/** ARGV: now or '', job id, instance id, execution id, the latter as JSON. Returns 1 when that execution is under way, or waited. */
export const requestCancel = `${prelude}${waitingLua}
local now, job, instance, id, text = unpack(ARGV)
local state = sub(call('HGET', P .. 'runs', id) or '', 1, 1)
if state == 'q' then return endWaiting(job, 'c', int(clock(now))) and 1 or 0 end
if (state ~= 's' and state ~= 'r') or call('HEXISTS', P .. 'instances', instance) == 0 then return 0 end
local asked = call('HGET', P .. 'cancels', instance)
if not asked then
  call('HSET', P .. 'cancels', instance, text)
elseif not find(asked, text, 1, true) then
  call('HSET', P .. 'cancels', instance, asked .. ',' .. text)
end
return 1
`;
