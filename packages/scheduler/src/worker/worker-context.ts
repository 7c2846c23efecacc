import type { JobStore } from "../core/job-store.js";
import { HeldInstances } from "./leased-instance.js";
import { ZoneMoves } from "./next-run-migrator.js";
import { ReportQueue } from "./report-queue.js";
import { SessionNews } from "./run-events.js";
import { StoreTrouble } from "./store-backoff.js";
import { StoreTime } from "./store-clock.js";
import type { SessionHost } from "./worker-host.js";

/** What the parts of one session share. */
export interface SessionParts {
  readonly store: JobStore;
  readonly host: SessionHost;
  /** The lease that claims and instances begin with. */
  readonly leaseMs: number;
  /** No sleep is longer. */
  readonly pollMs: number;
  readonly held: HeldInstances;
  readonly time: StoreTime;
  readonly trouble: StoreTrouble;
  readonly news: SessionNews;
  readonly reports: ReportQueue;
  readonly zones: ZoneMoves;
}

/** A store in this process has nobody to lose its lease to. */
const ENDLESS_MS = 1e14;
/** And nobody to wake it; but a suspended machine or a stepped clock must be noticed. */
const LONGEST_SLEEP_MS = 30_000;

export function sessionParts(alias: string, store: JobStore, host: SessionHost): SessionParts {
  const trouble = new StoreTrouble(alias, host);
  const news = new SessionNews(alias, host);
  return {
    store,
    host,
    leaseMs: store.shared ? host.leaseMs : ENDLESS_MS,
    pollMs: store.shared ? host.pollMs : LONGEST_SLEEP_MS,
    held: new HeldInstances(),
    time: new StoreTime(store, host.clock),
    trouble,
    news,
    reports: new ReportQueue(store, host.clock, trouble),
    zones: new ZoneMoves(store, news, trouble),
  };
}
