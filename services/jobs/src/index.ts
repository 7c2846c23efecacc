export { type JobsConfig, openJobs, type RunningJobs } from "./open-jobs.js";
