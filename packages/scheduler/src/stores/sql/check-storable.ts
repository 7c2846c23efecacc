import { checkTexts } from "../../core/check-value.js";
import { JobSpecError } from "../../core/errors.js";
import type { JobRecord } from "../../core/job-record.js";

/** Throws a JobSpecError for a job that the tables cannot hold. */
export function checkStorable(job: JobRecord): void {
  checkTexts(job);
  if (typeof job.func !== "string") throw new JobSpecError("func", "a shared store keeps names, not functions");
}
