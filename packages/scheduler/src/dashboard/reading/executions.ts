import type { Execution, ExecutionState } from "../../core/execution.js";
import type { DashboardScheduler } from "../dashboard-scheduler.js";
import { NotFoundProblem } from "../http/problem.js";
import { decodePosition, encodePosition, MergedPages, type Unreadable } from "./merged-pages.js";
import { chosenStores, storeClocks, storeNow } from "./stores.js";

export type StoredExecution = Execution & { readonly store: string };

export interface ExecutionRow {
  readonly execution: StoredExecution;
  readonly nowMs: number;
}

export interface ExecutionsQuery {
  readonly jobId?: string | undefined;
  readonly states?: readonly ExecutionState[] | undefined;
  readonly store?: string | undefined;
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

export interface ExecutionsPage {
  readonly rows: readonly ExecutionRow[];
  readonly cursor?: string;
  readonly unreadable: readonly Unreadable[];
}

const PAGE = 100;

/** Reads executions of all stores, newest first. The first page pins the moment, so that later pages do not shift. */
export async function readExecutions(scheduler: DashboardScheduler, query: ExecutionsQuery): Promise<ExecutionsPage> {
  const stores = chosenStores(scheduler, query.store);
  const clocks = await storeClocks(scheduler, stores);
  const from = decodePosition(query.cursor);
  const until = from?.until ?? query.to ?? Math.max(...clocks.values()) + 1;
  const sources =
    scheduler.state === "stopped" ? [] : stores.map((store) => sourceOf(scheduler, store, { ...query, to: until }));
  const merged = new MergedPages(sources, newestFirst, from);
  const rows: ExecutionRow[] = [];
  while (rows.length < query.limit) {
    const execution = await merged.take();
    if (execution === undefined) break;
    rows.push({ execution, nowMs: clocks.get(execution.store)! });
  }
  const more = (await merged.peek()) !== undefined;
  return {
    rows,
    ...(more ? { cursor: encodePosition({ until, places: merged.position }) } : {}),
    unreadable: merged.unreadable,
  };
}

/** Reads an execution. Throws a 404. */
export async function readExecution(scheduler: DashboardScheduler, store: string, id: string): Promise<ExecutionRow> {
  const execution = scheduler.stores.has(store) ? await scheduler.execution(id, store) : undefined;
  if (execution === undefined)
    throw new NotFoundProblem(`There is no execution ${id} in "${store}"`, "ExecutionNotFoundError");
  return { execution: { ...execution, store }, nowMs: await storeNow(scheduler, store) };
}

function sourceOf(scheduler: DashboardScheduler, store: string, query: ExecutionsQuery) {
  const { jobId, states, from, to } = query;
  const filter = {
    ...(jobId === undefined ? {} : { jobId }),
    ...(states === undefined ? {} : { states }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
  };
  return {
    name: store,
    page: async (cursor: string | undefined) => {
      const page = await scheduler.executions({
        ...filter,
        store,
        limit: PAGE,
        ...(cursor === undefined ? {} : { cursor }),
      });
      const items = page.executions.map((execution) => ({ ...execution, store }));
      return { items, ...(page.cursor === undefined ? {} : { cursor: page.cursor }) };
    },
  };
}

function newestFirst(a: Execution, b: Execution): number {
  return b.submittedAt - a.submittedAt;
}
