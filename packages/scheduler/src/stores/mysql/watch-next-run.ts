import { msOrNull } from "../sql/values.js";
import type { Sessions } from "./session.js";
import type { Tables } from "./tables.js";

const POLL_MS = 1_000;
const NEVER = Number.POSITIVE_INFINITY;

/**
 * Looks once a second, at the ends of two indexes, whether the earliest run has come forward or a released instance waits.
 * Answers how to stop. A scheduler looks as often by itself; this serves those that sleep longer.
 */
export function watchNextRun(sessions: Sessions, { ns, jobs, instances }: Tables, onWake: () => void): () => void {
  let known = { run: NEVER, lease: NEVER };
  let isAsking = false;
  let isStopped = false;

  const look = async () => {
    if (isAsking) return;
    isAsking = true;
    try {
      const [row] = await sessions.each((session) =>
        session.rows(
          `SELECT (SELECT MIN(next_run_ms) FROM ${jobs} WHERE ns = ?) AS run_ms,
             (SELECT MIN(lease_until) FROM ${instances} WHERE ns = ?) AS lease_ms`,
          [ns, ns],
        ),
      );
      const next = { run: msOrNull(row!["run_ms"]) ?? NEVER, lease: msOrNull(row!["lease_ms"]) ?? NEVER };
      const isEarlier = next.run < known.run || next.lease < known.lease;
      known = next;
      if (isEarlier && !isStopped) onWake();
    } catch {
      // The scheduler's own calls fail as well, and log it.
    } finally {
      isAsking = false;
    }
  };

  const timer = setInterval(() => void look(), POLL_MS);
  timer.unref();
  return () => {
    isStopped = true;
    clearInterval(timer);
  };
}
