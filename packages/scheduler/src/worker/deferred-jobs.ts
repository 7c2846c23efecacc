import type { JobRecord } from "../core/job-record.js";
import type { WorkerContext } from "./worker-context.js";

/** Share of a claim's lease for which its job may be deferred: what remains is for its dispatch. */
const LEASE_SHARE = 0.8;

interface DeferredJob {
  readonly job: JobRecord;
  readonly untilMonotonic: number;
}

/** Claimed jobs whose executor has no capacity. They wait here, so that the jobs of other executors need not. */
export class DeferredJobs {
  #deferred: DeferredJob[] = [];

  constructor(private readonly context: Pick<WorkerContext, "host" | "leaseMs">) {}

  get size(): number {
    return this.#deferred.length;
  }

  add(job: JobRecord): void {
    const { host, leaseMs } = this.context;
    this.#deferred.push({ job, untilMonotonic: host.clock.monotonic() + leaseMs * LEASE_SHARE });
  }

  /** Takes the jobs whose executor has capacity again. Those whose lease is nearly over are left to their next claim. */
  takeReady(): JobRecord[] {
    if (this.#deferred.length === 0) return [];
    const { host } = this.context;
    const now = host.clock.monotonic();
    const waiting = this.#deferred.filter(({ untilMonotonic }) => untilMonotonic > now);
    const ready = waiting.filter(({ job }) => (host.executor(job.executor)?.capacity() ?? 1) > 0);
    this.#deferred = waiting.filter((deferred) => !ready.includes(deferred));
    return ready.map(({ job }) => job);
  }

  takeAll(): JobRecord[] {
    return this.#deferred.splice(0).map(({ job }) => job);
  }
}
