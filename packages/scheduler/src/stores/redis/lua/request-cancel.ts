import { prelude } from "./prelude.js";

/** ARGV: instance id, execution id, the latter as JSON. Answers 1 when that execution is under way. */
export const requestCancel = `${prelude}
local instance, id, text = unpack(ARGV)
local state = sub(call('HGET', P .. 'runs', id) or '', 1, 1)
if (state ~= 's' and state ~= 'r') or call('HEXISTS', P .. 'instances', instance) == 0 then return 0 end
local asked = call('HGET', P .. 'cancels', instance)
if not asked then
  call('HSET', P .. 'cancels', instance, text)
elseif not find(asked, text, 1, true) then
  call('HSET', P .. 'cancels', instance, asked .. ',' .. text)
end
return 1
`;
