import { jobLua, prelude, removeLua } from "./prelude.js";

/** ARGV: job id. Answers 1 when it was there. */
export const remove = `${prelude}${jobLua}${removeLua}
return removeJobs({ ARGV[1] })
`;
