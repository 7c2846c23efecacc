import type { SchedulerNode } from "../../core/job-store.js";
import { readNode } from "../read-node.js";
import { ms } from "../sql/values.js";
import type { Session } from "./session.js";

/** Time for which a silent node is still listed, and after which its row is deleted, ms. */
const SHOWN_MS = 60_000;
const KEPT_MS = 3_600_000;

export function heartbeat(session: Session, node: SchedulerNode): void {
  session.run(
    `INSERT INTO scheduler_nodes (ns, id, seen_ms, node) VALUES (?, ?, ?, ?)
     ON CONFLICT (ns, id) DO UPDATE SET seen_ms = excluded.seen_ms, node = excluded.node`,
    ...[session.ns, node.id, session.nowMs, JSON.stringify(node)],
  );
}

export function nodes(session: Session): SchedulerNode[] {
  const rows = session.rows(
    "SELECT seen_ms, node FROM scheduler_nodes WHERE ns = ? AND seen_ms >= ? ORDER BY id",
    ...[session.ns, session.nowMs - SHOWN_MS],
  );
  return rows.flatMap((row) => readNode(row["node"] as string, ms(row["seen_ms"])));
}

/** Removes a node, and with it those that have been dead for long, so that no start leaves a row for ever. */
export function removeNode(session: Session, id: string): void {
  session.run(
    "DELETE FROM scheduler_nodes WHERE ns = ? AND (id = ? OR seen_ms < ?)",
    ...[session.ns, id, session.nowMs - KEPT_MS],
  );
}
