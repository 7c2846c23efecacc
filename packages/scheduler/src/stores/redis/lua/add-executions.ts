import { prelude } from "./prelude.js";

/**
 * Adds executions that have ended in another store; those whose id is there stay. ARGV of each: id, job id, submission, the letter
 * of its state when that has an index, its row. Returns the number of added ones.
 */
export const addExecutions = `${prelude}
local added = 0
for at = 1, #ARGV, 5 do
  local id, job, submitted, letter, row = unpack(ARGV, at, at + 4)
  if call('HSETNX', P .. 'runs', id, row) == 1 then
    call('ZADD', P .. 'history', submitted, id)
    call('ZADD', P .. 'history:' .. job, submitted, id)
    if letter ~= '' then call('ZADD', P .. 'ended:' .. letter, submitted, id) end
    added = added + 1
  end
end
return added
`;
