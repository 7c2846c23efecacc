import type { Mysql } from "@headline/mysql";
import { pruneEvents } from "@headline/newsroom/events";

/**
 * Deletes old events that every model has learnt from; answers how many. A model goes on from its newest snapshot, so nothing
 * above the lowest of these is touched, and nothing at all while there is none.
 */
export async function pruneLearntEvents(mysql: Mysql, keptMs: number, signal: AbortSignal): Promise<number> {
  const [learnt] = await mysql.query<{ up_to: string | null }>(
    "SELECT MIN(newest) AS up_to FROM (SELECT MAX(event_id) AS newest FROM model_snapshots GROUP BY name) AS models",
  );
  return pruneEvents({ mysql, keptMs, upTo: BigInt(learnt?.up_to ?? 0), signal });
}
