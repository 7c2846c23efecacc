import { thrownMessage } from "../../core/describe-thrown.js";
import type { DashboardScheduler } from "../dashboard-scheduler.js";
import type { Unreadable } from "./merged-pages.js";
import { readNodes } from "./nodes.js";
import { storeNow } from "./stores.js";
import { type Counts, countsOf } from "./timeline.js";

const HOUR_MS = 3_600_000;
const LIMIT = 1_000;
const REUSED_FOR_MS = 500;

/** Figures of the summary line. Counts stop at 1,000 a store, with `atLeast`. */
export interface Summary {
  readonly scheduler: { readonly id: string; readonly state: DashboardScheduler["state"]; readonly timezone: string };
  readonly stores: readonly { readonly name: string; readonly shared: boolean }[];
  readonly nodes: number;
  readonly running: { readonly count: number; readonly atLeast: boolean };
  readonly lastHour: { readonly counts: Counts; readonly atLeast: boolean };
  readonly nextRun: { readonly atMs: number; readonly nowMs: number; readonly jobName: string } | null;
  readonly nowMs: number;
  readonly unreadable: readonly Unreadable[];
}

/** Returns a reader of the summary with a cache of half a second: any number of pages at once read the stores once. */
export function summaryReader(scheduler: DashboardScheduler): () => Promise<Summary> {
  let last: { readonly atMs: number; readonly summary: Promise<Summary> } | undefined;
  return () => {
    const nowMs = scheduler.clock.monotonic();
    if (last === undefined || nowMs - last.atMs > REUSED_FOR_MS)
      last = { atMs: nowMs, summary: readSummary(scheduler) };
    return last.summary;
  };
}

async function readSummary(scheduler: DashboardScheduler): Promise<Summary> {
  const { id, state, timezone, stores } = scheduler;
  const names = [...stores.keys()];
  const [nodes, parts] = await Promise.all([
    readNodes(scheduler),
    Promise.all(names.map((store) => partOf(scheduler, store))),
  ]);
  const counts: Record<string, number> = {};
  for (const part of parts)
    for (const [state, count] of Object.entries(part.counts)) counts[state] = (counts[state] ?? 0) + count;
  const next = parts.flatMap(({ nextRun }) => nextRun ?? []).sort((a, b) => a.atMs - a.nowMs - (b.atMs - b.nowMs))[0];
  return {
    scheduler: { id, state, timezone },
    stores: names.map((name) => ({ name, shared: stores.get(name)!.shared })),
    nodes: nodes.rows.length,
    running: {
      count: parts.reduce((sum, { running }) => sum + running, 0),
      atLeast: parts.some(({ running }) => running === LIMIT),
    },
    lastHour: { counts, atLeast: parts.some(({ cut }) => cut) },
    nextRun: next ?? null,
    nowMs: scheduler.clock.now(),
    unreadable: parts.flatMap(({ store, failure }) => (failure === undefined ? [] : [{ store, reason: failure }])),
  };
}

interface Part {
  readonly store: string;
  readonly running: number;
  readonly counts: Counts;
  readonly cut: boolean;
  readonly nextRun: Summary["nextRun"];
  readonly failure?: string;
}

async function partOf(scheduler: DashboardScheduler, store: string): Promise<Part> {
  const nothing: Part = { store, running: 0, counts: {}, cut: false, nextRun: null };
  if (scheduler.state === "stopped") return nothing;
  try {
    const nowMs = await storeNow(scheduler, store);
    const [active, hour, [next]] = await Promise.all([
      scheduler.executions({ store, states: ["submitted", "running"], limit: LIMIT }),
      scheduler.executions({ store, from: nowMs - HOUR_MS, limit: LIMIT }),
      scheduler.getJobs({ store, state: "scheduled", limit: 1 }),
    ]);
    const at = next?.nextRunTime?.getTime();
    return {
      store,
      running: active.executions.length,
      counts: countsOf(hour.executions),
      cut: hour.cursor !== undefined,
      nextRun: next === undefined || at === undefined ? null : { atMs: at, nowMs, jobName: next.name },
    };
  } catch (error) {
    return { ...nothing, failure: thrownMessage(error) };
  }
}
