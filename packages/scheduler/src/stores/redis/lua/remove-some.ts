import { jobLua, prelude, removeLua } from "./prelude.js";

/** Removes the first 500 jobs; answers how many there were. */
export const removeSome = `${prelude}${jobLua}${removeLua}
return removeJobs(call('ZRANGE', P .. 'order', 0, 499))
`;
