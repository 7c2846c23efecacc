import { jobLua, prelude, removeLua, waitingLua } from "./prelude.js";

/** Removes the first 500 jobs, and at the end the waiting runs of others; returns the number of jobs. ARGV: now or ''. */
export const removeSome = `${prelude}${jobLua}${removeLua}${waitingLua}
local ids = call('ZRANGE', P .. 'order', 0, 499)
local waiting = #ids == 0 and call('HKEYS', P .. 'waiting') or ids
local nowText = int(clock(ARGV[1]))
for _, id in ipairs(waiting) do endWaiting(id, 'c', nowText) end
return removeJobs(ids)
`;
