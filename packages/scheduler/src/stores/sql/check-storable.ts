import { checkTexts } from "../../core/check-value.js";
import { JobSpecError } from "../../core/errors.js";
import type { JobRecord } from "../../core/job-record.js";

/** As long as their columns are. */
const ID_MAX = 190;
const FUNC_MAX = 255;

/** Throws a JobSpecError for a job that the tables cannot hold. */
export function checkStorable({ id, func, executor }: JobRecord): void {
  checkTexts({ id, func, executor });
  if (typeof func !== "string") throw new JobSpecError("func", "a shared store keeps names, not functions");
  if (func.length > FUNC_MAX) throw new JobSpecError("func", `must have at most ${FUNC_MAX} characters`);
  if (executor.length > ID_MAX) throw new JobSpecError("executor", `must have at most ${ID_MAX} characters`);
  if (id.length > ID_MAX) throw new JobSpecError("id", `must have at most ${ID_MAX} characters`);
}
