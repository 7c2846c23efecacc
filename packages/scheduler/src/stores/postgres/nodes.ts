import type { SchedulerNode } from "../../core/job-store.js";
import { readNode } from "../read-node.js";
import { ms } from "../sql/values.js";
import type { Sessions } from "./session.js";
import type { Tables } from "./tables.js";

/** Time for which a silent node is still listed, and after which its row is deleted, ms. */
const SHOWN_MS = 60_000;
const KEPT_MS = 3_600_000;

export async function heartbeat(
  sessions: Sessions,
  { ns, nodes: table, now }: Tables,
  node: SchedulerNode,
): Promise<void> {
  await sessions.each((session) =>
    session.run(
      `INSERT INTO ${table} (ns, id, seen_ms, node) VALUES ($1, $2, ${now}, $3)
       ON CONFLICT (ns, id) DO UPDATE SET seen_ms = EXCLUDED.seen_ms, node = EXCLUDED.node`,
      [ns, node.id, JSON.stringify(node)],
    ),
  );
}

export async function nodes(sessions: Sessions, { ns, nodes: table, now }: Tables): Promise<SchedulerNode[]> {
  const rows = await sessions.each((session) =>
    session.rows(`SELECT seen_ms, node FROM ${table} WHERE ns = $1 AND seen_ms >= ${now} - $2 ORDER BY id`, [
      ns,
      SHOWN_MS,
    ]),
  );
  return rows.flatMap((row) => readNode(row["node"]!, ms(row["seen_ms"])));
}

/** Removes a node, and with it those that have been dead for long, so that no start leaves a row for ever. */
export async function removeNode(sessions: Sessions, { ns, nodes: table, now }: Tables, id: string): Promise<void> {
  await sessions.each((session) =>
    session.run(`DELETE FROM ${table} WHERE ns = $1 AND (id = $2 OR seen_ms < ${now} - $3)`, [ns, id, KEPT_MS]),
  );
}
