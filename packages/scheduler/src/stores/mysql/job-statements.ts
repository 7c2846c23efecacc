import { encodeJob } from "../../core/job-record.js";
import type { JobStatements } from "../sql/jobs-in-transaction.js";
import type { Tables } from "./tables.js";
import { endWaiting, waitingChange } from "./waiting.js";

/** Returns the statements about jobs in a caller's transaction; there is no wake-up. */
export function jobStatements(tables: Tables): JobStatements {
  const { ns, jobs } = tables;
  return {
    clock: () => tables.now,
    put: (job) => [
      // The version is above that of any earlier job of this id, and with it every claim.
      {
        sql: `INSERT INTO ${jobs} (ns, id, func, next_run_ms, version, max_instances, spec)
           VALUES (?, ?, ?, ?, ${tables.now}, ?, ?)
         ON DUPLICATE KEY UPDATE func = VALUES(func), next_run_ms = VALUES(next_run_ms),
           version = GREATEST(version + 1, VALUES(version)), max_instances = VALUES(max_instances), spec = VALUES(spec),
           lease_owner = NULL, lease_until = 0`,
        values: [ns, job.id, String(job.func), job.nextRunMs, job.maxInstances, encodeJob(job)],
      },
      waitingChange(tables, job),
    ],
    remove: (id) => [
      { sql: `DELETE FROM ${jobs} WHERE ns = ? AND id = ?`, values: [ns, id] },
      ...endWaiting(tables, { jobId: id }),
    ],
  };
}
