import { instanceLua, prelude } from "./prelude.js";

/** Returns the number of instances read, then id and row of each execution of up to 200 open instances. ARGV: instances to skip. */
export const underWay = String.raw`${prelude}${instanceLua}
local ids = call('ZRANGE', P .. 'leases', ARGV[1], ARGV[1] + 199)
local runs, found = {}, {}
for _, instance in ipairs(read(P .. 'instances', ids)) do
  if instance then
    local _, _, _, _, _, idLength, funcLength, _, body = parseInstance(instance)
    for n, part in ipairs(cjson.decode(match(instance, '^[^\n]*', body + idLength + funcLength))) do
      if n % 2 == 1 then runs[#runs + 1] = part end
    end
  end
end
for n, row in ipairs(read(P .. 'runs', runs)) do
  local state = row and sub(row, 1, 1)
  if state == 's' or state == 'r' then
    found[#found + 1] = runs[n]
    found[#found + 1] = row
  end
end
return { #ids, found }
`;
