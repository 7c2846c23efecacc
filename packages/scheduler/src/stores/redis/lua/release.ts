import { jobLua, prelude } from "./prelude.js";

/** Gives claims back. ARGV: when they may be claimed again or '' for their next run, then id and version of each. */
export const release = `${prelude}${jobLua}
local ids = {}
for at = 2, #ARGV, 2 do ids[#ids + 1] = ARGV[at] end
local isFirst = false
for n, meta in ipairs(read(P .. 'meta', ids)) do
  if meta then
    local version, leased, nextRun, max, func = parseMeta(meta)
    if leased == '1' and version == ARGV[2 * n + 1] then
      call('HSET', P .. 'meta', ids[n], version .. ' 0 ' .. nextRun .. ' ' .. max .. ' ' .. func)
      call('ZADD', P .. 'due:' .. func, ARGV[1] == '' and nextRun or ARGV[1], ids[n])
      isFirst = isFirst or isHead(func, ids[n])
    end
  end
end
if isFirst then wake() end
return 0
`;
