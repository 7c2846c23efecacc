import { jobLua, prelude, removeLua, waitingLua } from "./prelude.js";

/** Removes a job and its waiting run. ARGV: now or '', job id. Returns 1 when there was one of them. */
export const remove = `${prelude}${jobLua}${removeLua}${waitingLua}
local waited = endWaiting(ARGV[2], 'c', int(clock(ARGV[1])))
local removed = removeJobs({ ARGV[2] })
return waited and 1 or removed
`;
