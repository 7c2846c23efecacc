import { prelude } from "./prelude.js";

/** ARGV: job ids. Returns for each the durations of its last runs: at most 100, of its last 1,000 executions. */
export const durations = `${prelude}
local answers = {}
for at, id in ipairs(ARGV) do
  local found, from = {}, 0
  while #found < 100 and from < 1000 do
    local ids = call('ZREVRANGE', P .. 'history:' .. id, from, from + 99)
    for _, row in ipairs(read(P .. 'runs', ids)) do
      local started, finished = match(row or '', '^[xe]%S+ %S+ (%d+) (%d+)')
      if started and #found < 100 then found[#found + 1] = int(finished - started) end
    end
    if #ids < 100 then break end
    from = from + 100
  end
  answers[at] = found
end
return answers
`;
