import { prelude, searchLua } from "./prelude.js";

/**
 * Reads a part of the executions, newest first, which ends with enough matches or after 1,000. ARGV: index, score
 * and id where the last part ended or '', submitted from and before or '', letters of the states or '' for all, how many.
 * Returns whether there is more, score and id where it ended, then id and row of each.
 */
export const history = `${prelude}${searchLua}
local index, score, id, from, before, states, limit = P .. ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6], tonumber(ARGV[7])
local top = before == '' and call('ZCARD', index) or call('ZCOUNT', index, '-inf', '(' .. before)
local bottom = from == '' and 0 or call('ZCOUNT', index, '-inf', '(' .. from)
if score ~= '' then top = math.min(top, placeOf(index, score, id)) end
local found, count, seen = {}, 0, 0
while top > bottom and count < limit and seen < 1000 do
  local first = math.max(bottom, top - 100)
  local ids = call('ZRANGE', index, first, top - 1)
  local rows = read(P .. 'runs', ids)
  for n = #ids, 1, -1 do
    top, seen, id = top - 1, seen + 1, ids[n]
    if rows[n] and (states == '' or find(states, sub(rows[n], 1, 1), 1, true)) then
      count = count + 1
      found[#found + 1] = id
      found[#found + 1] = rows[n]
      if count == limit then break end
    end
  end
end
local more = top > bottom
return { more and 1 or 0, more and call('ZSCORE', index, id) or '', id, found }
`;
