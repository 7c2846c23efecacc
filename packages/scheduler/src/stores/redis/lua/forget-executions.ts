import { prelude } from "./prelude.js";

/**
 * Deletes finished executions from every index. ARGV of each: id, job id, once field or ''. Returns their number.
 * A run time that another execution has by now stays its own.
 */
export const forgetExecutions = `${prelude}
local ids = {}
for at = 1, #ARGV, 3 do ids[#ids + 1] = ARGV[at] end
local gone, fields, owners = {}, {}, {}
for n, row in ipairs(read(P .. 'runs', ids)) do
  local state = row and sub(row, 1, 1)
  if state ~= 's' and state ~= 'r' and state ~= 'q' then
    if row then gone[#gone + 1] = ids[n] end
    call('ZREM', P .. 'history:' .. ARGV[3 * n - 1], ids[n])
    call('ZREM', P .. 'history', ids[n])
    if state and state ~= 'x' then call('ZREM', P .. 'ended:' .. state, ids[n]) end
    if ARGV[3 * n] ~= '' then fields[#fields + 1], owners[#owners + 1] = ARGV[3 * n], ids[n] end
  end
end
write('HDEL', P .. 'runs', gone)
local own = {}
for n, id in ipairs(read(P .. 'once', fields)) do
  if id == owners[n] then own[#own + 1] = fields[n] end
end
write('HDEL', P .. 'once', own)
return #gone
`;
