import { prelude } from "./prelude.js";

/**
 * Finished executions among the oldest. ARGV: submitted before, number to skip, number to read. Returns the number
 * it has looked at, then id and the row's middle line of those that have ended.
 */
export const oldExecutions = String.raw`${prelude}
local skip = tonumber(ARGV[2])
local last = math.min(call('ZCOUNT', P .. 'history', '-inf', '(' .. ARGV[1]), skip + ARGV[3])
if last <= skip then return { 0 } end
local ids = call('ZRANGE', P .. 'history', skip, last - 1)
local answer = { #ids }
for n, row in ipairs(read(P .. 'runs', ids)) do
  local state = row and sub(row, 1, 1) or 'x'
  if state ~= 's' and state ~= 'r' and state ~= 'q' then
    answer[#answer + 1] = ids[n]
    answer[#answer + 1] = row and match(row, '^[^\n]*\n([^\n]*)') or ''
  end
end
return answer
`;
