export { NotDueYet } from "./not-due-yet.js";
export { type JobsIn, jobsIn, openJobStore } from "./open-job-store.js";
