import { thrownMessage } from "../../core/describe-thrown.js";
import type { SchedulerNode } from "../../core/job-store.js";
import type { DashboardScheduler } from "../dashboard-scheduler.js";
import type { Unreadable } from "./merged-pages.js";
import { storeNow } from "./stores.js";

/** Age at which a heartbeat is stale: three are missing, of one every five seconds. */
const STALE_AFTER_MS = 15_000;

/** Scheduler process and the stores of its heartbeats. */
export interface NodeRow extends SchedulerNode {
  readonly stores: readonly string[];
  /** Time of the store of the last heartbeat, epoch ms. */
  readonly nowMs: number;
  readonly stale: boolean;
  readonly isThisOne: boolean;
}

export interface NodesPage {
  readonly rows: readonly NodeRow[];
  readonly unreadable: readonly Unreadable[];
}

export async function readNodes(scheduler: DashboardScheduler): Promise<NodesPage> {
  const rows = new Map<string, NodeRow>();
  const unreadable: Unreadable[] = [];
  for (const store of scheduler.state === "stopped" ? [] : scheduler.stores.keys()) {
    try {
      const [nodes, nowMs] = [await scheduler.nodes(store), await storeNow(scheduler, store)];
      for (const node of nodes)
        rows.set(node.id, merged(rows.get(node.id), node, { store, nowMs, thisId: scheduler.id }));
    } catch (error) {
      unreadable.push({ store, reason: thrownMessage(error) });
    }
  }
  return { rows: [...rows.values()].sort(byHost), unreadable };
}

function merged(
  known: NodeRow | undefined,
  node: SchedulerNode,
  { store, nowMs, thisId }: { store: string; nowMs: number; thisId: string },
): NodeRow {
  const row = {
    ...node,
    stores: [store],
    nowMs,
    stale: nowMs - node.seenAt > STALE_AFTER_MS,
    isThisOne: node.id === thisId,
  };
  if (known === undefined) return row;
  const later = nowMs - node.seenAt < known.nowMs - known.seenAt ? row : known;
  return {
    ...later,
    stores: [...known.stores, store],
    running: known.running + node.running,
    stale: known.stale && row.stale,
  };
}

function byHost(a: NodeRow, b: NodeRow): number {
  return a.host === b.host ? a.pid - b.pid : a.host < b.host ? -1 : 1;
}
