import { msOrNull } from "../sql/values.js";
import type { Earliest } from "../sql/watch-next-run.js";
import type { Sessions } from "./session.js";
import type { Tables } from "./tables.js";

/** Reads the earliest next run and the earliest end of a lease. */
export async function earliest(sessions: Sessions, { ns, jobs, instances }: Tables): Promise<Earliest> {
  const [row] = await sessions.each((session) =>
    session.rows(
      `SELECT (SELECT MIN(next_run_ms) FROM ${jobs} WHERE ns = ?) AS run_ms,
         (SELECT MIN(lease_until) FROM ${instances} WHERE ns = ?) AS lease_ms`,
      [ns, ns],
    ),
  );
  return { runMs: msOrNull(row!["run_ms"]), leaseMs: msOrNull(row!["lease_ms"]) };
}
