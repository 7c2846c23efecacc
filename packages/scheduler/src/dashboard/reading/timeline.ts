import { thrownMessage } from "../../core/describe-thrown.js";
import type { Execution, ExecutionState } from "../../core/execution.js";
import type { DashboardScheduler } from "../dashboard-scheduler.js";
import { EXECUTION_STATES } from "../wording.js";
import type { StoredExecution } from "./executions.js";
import type { Unreadable } from "./merged-pages.js";
import { chosenStores, storeNow } from "./stores.js";

const DAY_MS = 86_400_000;
const EXECUTIONS_MAX = 10_000;
const LONG_RUNNING_MAX = 200;
const PAGE = 1_000;
const LANES_MAX = 12;

export type Counts = Readonly<Partial<Record<ExecutionState, number>>>;

/** Executions of a job in the window. */
export interface Lane {
  readonly store: string;
  readonly jobId: string;
  readonly jobName: string;
  readonly executions: readonly StoredExecution[];
  readonly counts: Counts;
  /** Sum of its running times within the window, ms. */
  readonly busyMs: number;
}

export interface Timeline {
  readonly fromMs: number;
  readonly toMs: number;
  /** Lanes, the busiest job first. */
  readonly lanes: readonly Lane[];
  /** Totals of the jobs without a lane. */
  readonly others: { readonly jobs: number; readonly counts: Counts };
  readonly counts: Counts;
  readonly jobs: number;
  /** Start of what is shown, when there were more executions than are read at once. */
  readonly completeFromMs: number | null;
  readonly unreadable: readonly Unreadable[];
}

/** Reads the executions of the last 24 hours, at most the newest 10,000. */
export async function readTimeline(
  scheduler: DashboardScheduler,
  { store, jobId }: { readonly store?: string | undefined; readonly jobId?: string | undefined },
): Promise<Timeline> {
  const stores = chosenStores(scheduler, store);
  const toMs = await storeNow(scheduler, stores[0] ?? "default");
  const fromMs = toMs - DAY_MS;
  const unreadable: Unreadable[] = [];
  const reads = await Promise.all(
    stores.map((alias) =>
      readDay(scheduler, { store: alias, jobId, fromMs, max: EXECUTIONS_MAX }).catch((error: unknown) => {
        unreadable.push({ store: alias, reason: thrownMessage(error) });
        return { executions: [], completeFromMs: null };
      }),
    ),
  );
  const { executions, cutAtMs } = newest(reads.flatMap((read) => read.executions));
  const lanes = lanesOf(executions, fromMs, toMs);
  const [drawn, rest] = [lanes.slice(0, LANES_MAX), lanes.slice(LANES_MAX)];
  const cuts = [...reads.map(({ completeFromMs }) => completeFromMs), cutAtMs].filter((at) => at !== null);
  return {
    fromMs,
    toMs,
    lanes: drawn,
    others: { jobs: rest.length, counts: sumOf(rest) },
    counts: sumOf(lanes),
    jobs: lanes.length,
    completeFromMs: cuts.length === 0 ? null : Math.max(...cuts),
    unreadable,
  };
}

/** Reads the newest executions of all stores, no more than are drawn. */
function newest(executions: readonly StoredExecution[]): {
  executions: readonly StoredExecution[];
  cutAtMs: number | null;
} {
  if (executions.length <= EXECUTIONS_MAX + LONG_RUNNING_MAX) return { executions, cutAtMs: null };
  const kept = [...executions].sort((a, b) => b.submittedAt - a.submittedAt).slice(0, EXECUTIONS_MAX);
  return { executions: kept, cutAtMs: kept.at(-1)!.submittedAt };
}

interface Day {
  readonly store: string;
  readonly jobId: string | undefined;
  readonly fromMs: number;
  readonly max: number;
}

async function readDay(scheduler: DashboardScheduler, { store, jobId, fromMs, max }: Day) {
  if (scheduler.state === "stopped") return { executions: [], completeFromMs: null };
  const job = jobId === undefined ? {} : { jobId };
  const executions: StoredExecution[] = [];
  let cursor: string | undefined;
  do {
    const limit = Math.min(PAGE, max - executions.length);
    const page = await scheduler.executions({
      ...job,
      store,
      from: fromMs,
      limit,
      ...(cursor === undefined ? {} : { cursor }),
    });
    for (const execution of page.executions) executions.push({ ...execution, store });
    cursor = page.executions.length === 0 ? undefined : page.cursor;
  } while (cursor !== undefined && executions.length < max);
  const completeFromMs = cursor === undefined ? null : executions.at(-1)!.submittedAt;
  const long = await scheduler.executions({ ...job, store, to: fromMs, states: ["running"], limit: LONG_RUNNING_MAX });
  for (const execution of long.executions) executions.push({ ...execution, store });
  return { executions, completeFromMs };
}

function lanesOf(executions: readonly StoredExecution[], fromMs: number, toMs: number): Lane[] {
  const byJob = new Map<string, StoredExecution[]>();
  for (const execution of executions) {
    const key = JSON.stringify([execution.store, execution.jobId]);
    const lane = byJob.get(key);
    if (lane === undefined) byJob.set(key, [execution]);
    else lane.push(execution);
  }
  return [...byJob.values()]
    .map((all) => laneOf(all, fromMs, toMs))
    .sort((a, b) => b.busyMs - a.busyMs || b.executions.length - a.executions.length || (a.jobId < b.jobId ? -1 : 1));
}

function laneOf(executions: readonly StoredExecution[], fromMs: number, toMs: number): Lane {
  const { store, jobId, jobName } = executions[0]!;
  const busyMs = executions.reduce((sum, execution) => sum + busyTime(execution, fromMs, toMs), 0);
  return { store, jobId, jobName, executions, counts: countsOf(executions), busyMs };
}

function busyTime({ startedAt, finishedAt }: Execution, fromMs: number, toMs: number): number {
  if (startedAt === null) return 0;
  return Math.max(0, Math.min(finishedAt ?? toMs, toMs) - Math.max(startedAt, fromMs));
}

export function countsOf(executions: readonly Execution[]): Counts {
  const counts: Partial<Record<ExecutionState, number>> = {};
  for (const { state } of executions) counts[state] = (counts[state] ?? 0) + 1;
  return counts;
}

export function totalOf(counts: Counts): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

function sumOf(lanes: readonly Lane[]): Counts {
  const counts: Partial<Record<ExecutionState, number>> = {};
  for (const lane of lanes) {
    for (const state of EXECUTION_STATES) {
      const count = lane.counts[state];
      if (count !== undefined) counts[state] = (counts[state] ?? 0) + count;
    }
  }
  return counts;
}
