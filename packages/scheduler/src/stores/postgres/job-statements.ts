import { encodeJob, type JobRecord } from "../../core/job-record.js";
import type { JobStatements } from "../sql/jobs-in-transaction.js";
import type { Tables } from "./tables.js";
import { tagColumn } from "./tags.js";
import { toColumn } from "./text.js";
import { endWaiting, waitingChange } from "./waiting.js";

/** Returns the statements about jobs in a caller's transaction; its commit sends the wake-up. */
export function jobStatements(tables: Tables): JobStatements {
  const { ns, jobs, channel } = tables;
  return {
    clock: () => tables.now,
    put(job: JobRecord) {
      const { id, func, executor, tags, nextRunMs, maxInstances } = job;
      return [
        // The version is above that of any earlier job of this id, and with it every claim.
        {
          sql: `INSERT INTO ${jobs} AS j (ns, id, func, executor, tags, next_run_ms, version, max_instances, spec)
            VALUES ($1, $2, $3, $4, $5, $6, ${tables.now}, $7, $8)
            ON CONFLICT (ns, id) DO UPDATE SET func = EXCLUDED.func, executor = EXCLUDED.executor, tags = EXCLUDED.tags,
              next_run_ms = EXCLUDED.next_run_ms, version = greatest(j.version + 1, EXCLUDED.version),
              max_instances = EXCLUDED.max_instances, spec = EXCLUDED.spec, lease_owner = NULL, lease_until = 0`,
          values: asColumns([ns, id, String(func), executor, tagColumn(tags), nextRunMs, maxInstances, encodeJob(job)]),
        },
        inColumns(waitingChange(tables, job)),
        { sql: "SELECT pg_notify($1, $2)", values: asColumns([channel, ns]) },
      ];
    },
    remove(id) {
      return [
        { sql: `DELETE FROM ${jobs} WHERE ns = $1 AND id = $2`, values: asColumns([ns, id]) },
        inColumns(endWaiting(tables, { jobId: id })),
      ];
    },
  };
}

type Value = string | number | null;

function inColumns({ sql, values }: { sql: string; values: readonly Value[] }) {
  return { sql, values: asColumns(values) };
}

function asColumns(values: readonly Value[]): Value[] {
  return values.map((value) => (typeof value === "string" ? toColumn(value) : value));
}
