import { jobLua, prelude, removeLua, waitingLua } from "./prelude.js";

/** ARGV: now or '', job id. Ends what waits. Answers 1 when the job was there, or a waiting run of it. */
export const remove = `${prelude}${jobLua}${removeLua}${waitingLua}
local waited = endWaiting(ARGV[2], 'c', int(clock(ARGV[1])))
local removed = removeJobs({ ARGV[2] })
return waited and 1 or removed
`;
