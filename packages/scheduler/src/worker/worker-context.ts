import type { JobStore, SchedulerNode } from "../core/job-store.js";
import { LeasedInstances } from "./leased-instance.js";
import { NextRunMigrator } from "./next-run-migrator.js";
import { ReportQueue } from "./report-queue.js";
import { RunEvents } from "./run-events.js";
import { StoreBackoff } from "./store-backoff.js";
import { StoreClock } from "./store-clock.js";
import type { WorkerHost } from "./worker-host.js";

/** State and services that the duties of one worker share. */
export interface WorkerContext {
  readonly store: JobStore;
  readonly host: WorkerHost;
  /** Initial lease of claims and instances. */
  readonly leaseMs: number;
  /** Longest sleep of a duty. */
  readonly pollMs: number;
  readonly leased: LeasedInstances;
  readonly clock: StoreClock;
  readonly backoff: StoreBackoff;
  readonly events: RunEvents;
  readonly reports: ReportQueue;
  readonly migrator: NextRunMigrator;
}

/** In-process stores need no lease. */
const ENDLESS_MS = 1e14;
/** In-process stores need no polling, but a suspended machine or a stepped clock must be noticed. */
const LONGEST_SLEEP_MS = 30_000;

export function createWorkerContext(alias: string, store: JobStore, host: WorkerHost): WorkerContext {
  const backoff = new StoreBackoff(alias, host);
  const events = new RunEvents(alias, host);
  return {
    store,
    host,
    leaseMs: store.shared ? host.leaseMs : ENDLESS_MS,
    pollMs: store.shared ? host.pollMs : LONGEST_SLEEP_MS,
    leased: new LeasedInstances(),
    clock: new StoreClock(store, host.clock),
    backoff,
    events,
    reports: new ReportQueue(store, host.clock, backoff),
    migrator: new NextRunMigrator(store, events, backoff),
  };
}

/** Returns this scheduler as a node of the store. */
export function ownNode({ host, leased }: WorkerContext): Omit<SchedulerNode, "seenAt"> {
  return { id: host.id, ...host.node(), running: leased.size };
}
