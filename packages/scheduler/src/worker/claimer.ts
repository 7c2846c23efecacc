import type { JobRecord } from "../core/job-record.js";
import type { ClaimResult, DispatchRequest, DispatchResult } from "../core/job-store.js";
import { limitedRuns, runCountAfter } from "../core/run-limit.js";
import { hasOlderZoneRules } from "../core/zone-stamp.js";
import { DeferredJobs } from "./deferred-jobs.js";
import { dispatchWithRetries } from "./dispatch-with-retries.js";
import { type DueRuns, dueRuns, isMisfire } from "./due-runs.js";
import { executorCapacities } from "./executor-capacities.js";
import { LeasedInstance } from "./leased-instance.js";
import { Loop } from "./loop.js";
import { pauseBrokenJob } from "./pause-broken-job.js";
import type { Runner } from "./runner.js";
import type { WorkerContext } from "./worker-context.js";

export interface ClaimerConfig {
  /** Jobs claimed in one call, for each executor. */
  readonly batch: number;
  /** Time until the next look when no executor has capacity and none reports it. */
  readonly noCapacityMs: number;
}

const DEFAULTS: ClaimerConfig = { batch: 200, noCapacityMs: 20 };
const NEVER = Number.POSITIVE_INFINITY;

/** Claims due jobs, decides which run times they have, dispatches that to the store, and hands the instances to the runner. */
export class Claimer {
  readonly #context: WorkerContext;
  readonly #runner: Runner;
  readonly #config: ClaimerConfig;
  readonly #loop: Loop;
  readonly #deferred: DeferredJobs;

  constructor(context: WorkerContext, runner: Runner, config: Partial<ClaimerConfig> = {}) {
    this.#context = context;
    this.#runner = runner;
    this.#config = { ...DEFAULTS, ...config };
    this.#deferred = new DeferredJobs(context);
    // Bounded sleeps end early after a step of the wall clock.
    this.#loop = new Loop(context.host.clock, async () => Math.min(await this.runOnce(), context.pollMs));
  }

  start(): void {
    this.#loop.start();
  }

  wake(): void {
    this.#loop.wake();
  }

  /** Resolves when nothing more will be started. */
  stop(): Promise<void> {
    return this.#loop.stop();
  }

  async releaseDeferred(): Promise<void> {
    await this.#release(this.#deferred.takeAll());
  }

  /** Returns the time until the next job is due, ms. */
  async runOnce(): Promise<number> {
    const { store, host, leaseMs, pollMs, clock, backoff, events } = this.#context;
    if (host.paused()) return pollMs;
    const ready = this.#deferred.takeReady();
    if (ready.length > 0) await this.#process(ready, clock.now());
    const { batch, noCapacityMs } = this.#config;
    const executors = executorCapacities(host, { most: batch, isShared: store.shared });
    this.#wakeOnCapacity();
    if (executors.length === 0 || this.#deferred.size >= batch) return noCapacityMs;
    try {
      const sentAt = host.clock.monotonic();
      const answer = store.claimDue({ owner: host.id, leaseMs, limit: batch * executors.length, executors });
      const claims = answer instanceof Promise ? await answer : answer;
      clock.synchronize(claims.nowMs, sentAt);
      backoff.reset();
      events.unreadable(claims);
      const { current, dueMs } = await this.#migrate(claims);
      const nextOfThese = current.length > 0 ? await this.#process(current, claims.nowMs) : NEVER;
      return Math.max(0, Math.min(claims.nextDueMs ?? NEVER, nextOfThese, dueMs) - clock.now());
    } catch (error) {
      return backoff.nextDelayMs("claim due jobs", error);
    }
  }

  /**
   * Migrates jobs whose next run was computed under older zone rules, which ends their claims. Returns the other jobs,
   * and when the first of the migrated is due.
   */
  async #migrate({ jobs, nowMs }: ClaimResult): Promise<{ current: readonly JobRecord[]; dueMs: number }> {
    const old = jobs.filter((job) => hasOlderZoneRules(job, nowMs));
    if (old.length === 0) return { current: jobs, dueMs: NEVER };
    let dueMs = NEVER;
    for (const job of old) {
      const migrated = await this.#context.migrator.migrate(job, nowMs);
      dueMs = Math.min(dueMs, migrated?.nextRunMs ?? NEVER);
    }
    return { current: jobs.filter((job) => !old.includes(job)), dueMs };
  }

  /** Subscribes to full executors, which report when they have capacity again. */
  #wakeOnCapacity(): void {
    for (const [, executor] of this.#context.host.executors()) executor.onCapacity ??= () => this.wake();
  }

  /** Decides, dispatches and starts; returns when the first of these jobs is due again. */
  async #process(jobs: readonly JobRecord[], nowMs: number): Promise<number> {
    const { host, events } = this.#context;
    if (this.#loop.isStopping || host.paused()) {
      await this.#release(jobs);
      return NEVER;
    }
    const capacities = new Map<string, number>();
    const requests: DispatchRequest[] = [];
    const sources: { job: JobRecord; isTruncated: boolean }[] = [];
    for (const job of jobs) {
      if (!this.#takeCapacity(job, capacities)) continue;
      const due = this.#dueRuns(job, nowMs);
      if (due === undefined) continue;
      requests.push(this.#request(job, due, nowMs));
      sources.push({ job, isTruncated: due.isTruncated });
    }
    const sentAt = host.clock.monotonic();
    const results = await dispatchWithRetries(this.#context, requests);
    if (results === undefined) return NEVER;
    let earliest = NEVER;
    for (let at = 0; at < results.length; at++) {
      if (sources[at]!.isTruncated && requests[at]!.instance!.runs.length > 0)
        events.backlogTruncated(sources[at]!.job, requests[at]!.instance!);
      this.#apply(requests[at]!, results[at]!, sentAt);
      const isStale = results[at]!.kind === "stale";
      earliest = Math.min(earliest, isStale ? nowMs : (requests[at]!.claim!.nextRunMs ?? earliest));
    }
    return earliest;
  }

  /** Returns undefined for a job whose trigger throws: that costs it its run, and other jobs nothing. */
  #dueRuns(job: JobRecord, nowMs: number): DueRuns | undefined {
    try {
      return dueRuns(job.trigger, job.nextRunMs!, nowMs, job.coalesce, this.#context.host.random);
    } catch (error) {
      void pauseBrokenJob(this.#context, job, error);
      return undefined;
    }
  }

  /** Takes a place of the job's executor; defers the job and returns false when there is none. */
  #takeCapacity(job: JobRecord, capacities: Map<string, number>): boolean {
    const executor = this.#context.host.executor(job.executor);
    if (executor === undefined) return true; // removed meanwhile: the runner releases the run
    const capacity = capacities.get(job.executor) ?? executor.capacity();
    if (capacity <= 0) {
      executor.onCapacity ??= () => this.wake();
      this.#deferred.add(job);
      return false;
    }
    capacities.set(job.executor, capacity - 1);
    return true;
  }

  #request(job: JobRecord, due: DueRuns, nowMs: number): DispatchRequest {
    const { host, leaseMs } = this.#context;
    const limited = job.maxRuns === undefined ? undefined : limitedRuns(job, due.runs, nowMs);
    const { runs } = limited ?? due;
    const complete = host.withTaskSettings(job);
    return {
      jobId: job.id,
      claim: {
        version: job.version,
        nextRunMs: due.next,
        ...(limited === undefined ? {} : { misfireCount: limited.late }),
      },
      instance: {
        id: host.newId(),
        owner: host.id,
        leaseMs,
        job: limited === undefined ? complete : { ...complete, misfiresJudgedMs: nowMs },
        runs: runs.map((scheduledAt) => ({ executionId: host.newId(), scheduledAt })),
        overlap: runs.length === 0 || isMisfire(complete, runs.at(-1)!, nowMs) ? "skip" : complete.overlap,
      },
    };
  }

  #apply(request: DispatchRequest, result: DispatchResult, sentAt: number): void {
    const { events, leaseMs } = this.#context;
    const { job, id, runs } = request.instance!;
    if (result.kind === "stale") return;
    if (result.kind === "max_instances") {
      const runTimes = runs.map((run) => run.scheduledAt);
      events.tooManyInstances(job, runTimes);
    } else if (result.kind === "queued") {
      this.#runner.queued(request.instance!, result);
    } else if (result.runs.length > 0) {
      this.#runner.run(new LeasedInstance(id, result.token, job, result.runs, 1, sentAt + leaseMs));
    }
    const count = runCountAfter(request, result);
    if (request.claim?.nextRunMs === null) events.removed(job);
    else if (count !== undefined && count >= job.maxRuns!) events.endedByLimit(job, count);
  }

  async #release(jobs: readonly JobRecord[]): Promise<void> {
    if (jobs.length === 0) return;
    const claims = jobs.map((job) => ({ jobId: job.id, version: job.version }));
    await this.#context.backoff.bestEffort("release claims", () => this.#context.store.releaseClaims(claims));
  }
}
