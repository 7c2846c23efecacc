import { prelude } from "./prelude.js";

/** ARGV: now or '', lease ms, then instance id and token of each. Returns the lost ones' ids, and the executions asked to end. */
export const renew = `${prelude}
local leaseEnd = int(clock(ARGV[1]) + ARGV[2])
local ids = {}
for at = 3, #ARGV, 2 do ids[#ids + 1] = ARGV[at] end
local lost, leased, leases = {}, {}, {}
for n, instance in ipairs(read(P .. 'instances', ids)) do
  local token = ARGV[2 * n + 2]
  if instance and sub(instance, 1, #token + 1) == token .. ' ' then
    leased[#leased + 1] = ids[n]
    leases[#leases + 1] = leaseEnd
    leases[#leases + 1] = ids[n]
  else
    lost[#lost + 1] = ids[n]
  end
end
write('ZADD', P .. 'leases', leases)
local cancels = {}
for _, asked in ipairs(read(P .. 'cancels', leased)) do
  if asked then cancels[#cancels + 1] = asked end
end
return { lost, cancels }
`;
