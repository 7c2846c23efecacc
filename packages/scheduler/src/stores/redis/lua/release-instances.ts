import { instanceLua, prelude } from "./prelude.js";

/** ARGV: now or '', then instance id and token of each. Theirs is the token no more, and anybody's the instance. */
export const releaseInstances = `${prelude}${instanceLua}
local now = int(clock(ARGV[1]))
local isAny = false
for at = 2, #ARGV, 2 do
  local id = ARGV[at]
  local instance = call('HGET', P .. 'instances', id)
  if instance then
    local token, attempt, deliveries, most, _, idLength, funcLength, owner, body = parseInstance(instance)
    if token == ARGV[at + 1] then
      local head = headOf(int(token + 1), attempt, deliveries, most, '1', idLength, funcLength, owner)
      call('HSET', P .. 'instances', id, head .. sub(instance, body))
      call('ZADD', P .. 'leases', now, id)
      isAny = true
    end
  end
end
if isAny then wake() end
return 0
`;
