import { checkTexts } from "../core/check-value.js";
import { type Clock, systemClock } from "../core/clock.js";
import { JobSpecError } from "../core/errors.js";
import type { Execution } from "../core/execution.js";
import { type JobRecord, waitingJob } from "../core/job-record.js";
import type {
  ClaimKey,
  ClaimRequest,
  ClaimResult,
  DispatchRequest,
  DispatchResult,
  ExecutionLog,
  InstanceKey,
  JobPage,
  JobQuery,
  JobStore,
  NewInstance,
  PlannedRun,
  ReclaimedInstance,
  ReclaimResult,
  Renewal,
  Report,
  SchedulerNode,
} from "../core/job-store.js";
import { checkKnown, type OptionNames } from "../core/known-options.js";
import { runCountAfter, startsWithoutNextRun } from "../core/run-limit.js";
import { type ClaimFilter, claimFilters } from "./claim-filters.js";
import { withTaskAck } from "./deliveries.js";
import { MemoryHistory } from "./memory-history.js";
import { MemoryInstances } from "./memory-instances.js";
import { MemoryJobs } from "./memory-jobs.js";
import { listJobs } from "./memory-list.js";
import type { ExecutionRow, Instance, JobPast } from "./memory-rows.js";
import { MemoryWaiting, type WaitingRun } from "./memory-waiting.js";

const OPTIONS: OptionNames<MemoryJobStoreOptions> = {
  clock: true,
  historyMax: true,
  shared: true,
};

/** Execution log that returns at once. */
export type MemoryExecutionLog = Pick<MemoryHistory, Exclude<keyof ExecutionLog, "addEnded">>;

/** Options of a MemoryJobStore. */
export interface MemoryJobStoreOptions {
  readonly clock?: Clock;
  /** Finished executions kept. Default 10,000. */
  readonly historyMax?: number;
  /** True when several schedulers of this process use it: then leases count. Default false. */
  readonly shared?: boolean;
}

const NODE_FORGOTTEN_AFTER_MS = 60_000;

/** Result without runs: nothing is left to do, and nothing is leased. */
const NOTHING: DispatchResult = { kind: "started", token: 0, runs: [] };
const STALE: DispatchResult = { kind: "stale" };
const QUEUED: DispatchResult = { kind: "queued", superseded: [], cancel: [] };
const MAX_INSTANCES: DispatchResult = { kind: "max_instances" };

/**
 * Store in this process: nothing is serialised, functions may be jobs, and all is gone with the process. Every method
 * returns at once. A million jobs fit; a claim, a move and a removal cost O(log n).
 *
 * @example
 * ```ts
 * import { MemoryJobStore, Scheduler } from "@headline/scheduler";
 *
 * const scheduler = new Scheduler({ stores: { default: new MemoryJobStore({ historyMax: 1_000 }) } });
 * await scheduler.addJob({ func: () => console.log("now") });
 * ```
 */
export class MemoryJobStore implements JobStore {
  readonly shared: boolean;
  readonly executions: MemoryExecutionLog;
  readonly #clock: Clock;
  readonly #jobs = new MemoryJobs();
  readonly #history: MemoryHistory;
  readonly #instances = new MemoryInstances();
  readonly #waiting = new MemoryWaiting();
  readonly #nodes = new Map<string, SchedulerNode>();
  #order = 0;
  readonly #listeners = new Set<() => void>();

  constructor(options: MemoryJobStoreOptions = {}) {
    checkKnown<MemoryJobStoreOptions>(options, OPTIONS, "MemoryJobStore");
    const { clock = systemClock(), historyMax = 10_000, shared = false } = options;
    this.#clock = clock;
    this.shared = shared;
    this.#history = new MemoryHistory(historyMax);
    this.executions = this.#history;
  }

  start(): void {}
  migrate(): void {}
  close(): void {}

  now(): number {
    return this.#clock.now();
  }

  insert(job: JobRecord): JobRecord | undefined {
    this.#checkFunc(job);
    const existing = this.get(job.id);
    if (existing !== undefined) return existing;
    const slot = this.#jobs.add(job, this.#history.past(job.id)?.lastRun(job.incarnation));
    this.#wakeIfFirst(slot);
    return undefined;
  }

  get(id: string): JobRecord | undefined {
    const slot = this.#jobs.find(id);
    return slot === undefined ? undefined : this.#jobs.record(slot);
  }

  list(query: JobQuery): JobPage {
    return listJobs(this.#jobs, query);
  }

  update(job: JobRecord): JobRecord | undefined {
    this.#checkFunc(job);
    const slot = this.#jobs.find(job.id);
    if (slot === undefined || this.#jobs.version(slot) !== job.version) return undefined;
    const changed = { ...job, version: job.version + 1 };
    const isSame = this.#jobs.outline(slot).incarnation === job.incarnation;
    const lastRun = isSame ? this.#jobs.lastRun(slot) : this.#history.past(job.id)?.lastRun(job.incarnation);
    this.#jobs.replace(slot, changed, lastRun);
    const waiting = this.#waiting.of(job.id);
    if (waiting !== undefined) this.#waiting.put({ ...waiting, job: waitingJob(changed) });
    this.#wakeIfFirst(slot);
    return changed;
  }

  #checkFunc({ id, func, executor }: JobRecord): void {
    checkTexts({ id, func, executor });
    if (this.shared && typeof func !== "string")
      throw new JobSpecError("func", "a shared store keeps names, not functions");
  }

  remove(id: string): boolean {
    const waited = this.#endWaiting(this.#waiting.take(id), "cancelled", this.now());
    const slot = this.#jobs.find(id);
    if (slot === undefined) return waited;
    this.#jobs.remove(slot);
    return true;
  }

  removeAll(): number {
    const count = this.#jobs.size;
    this.#jobs.removeAll();
    const nowMs = this.now();
    for (const { job } of [...this.#waiting]) this.#endWaiting(this.#waiting.take(job.id), "cancelled", nowMs);
    return count;
  }

  claimDue(request: ClaimRequest): ClaimResult {
    const nowMs = this.now();
    const filters = claimFilters(request);
    const { jobs, nextDueMs } = this.#jobs.claimDue({ nowMs, untilMs: nowMs + request.leaseMs, filters });
    return { nowMs, jobs, nextDueMs: orNull(nextDueMs), broken: [] };
  }

  dispatch(requests: readonly DispatchRequest[]): DispatchResult[] {
    const nowMs = this.now();
    return requests.map((request) => this.#dispatchOne(request, nowMs));
  }

  #dispatchOne(request: DispatchRequest, nowMs: number): DispatchResult {
    const { jobId, claim, instance } = request;
    const slot = this.#jobs.find(jobId);
    const holds = slot !== undefined && this.#holds(slot, request);
    // A valid claim has not been used before; a run by hand has no claim to check.
    if (instance !== undefined && (claim === undefined || !holds)) {
      const repeated = this.#repeated(instance);
      if (repeated !== undefined) return repeated;
    }
    if (!holds) return slot !== undefined && this.#isDone(slot, request) ? NOTHING : STALE;
    const result = instance === undefined ? NOTHING : this.#open(request, instance, slot, nowMs);
    if (claim !== undefined) this.#advance(slot, claim.nextRunMs, runCountAfter(request, result));
    return result;
  }

  /** True when the claim is valid, and the job is not another one of the same id. */
  #holds(slot: number, { claim, instance }: DispatchRequest): boolean {
    if (claim === undefined) return true;
    if (!this.#jobs.isClaimed(slot) || this.#jobs.version(slot) !== claim.version) return false;
    return instance === undefined || instance.job.incarnation === this.#jobs.outline(slot).incarnation;
  }

  /** True when the job is as the request left it: the request is a repetition. */
  #isDone(slot: number, { claim, instance }: DispatchRequest): boolean {
    if (claim === undefined || this.#jobs.isClaimed(slot)) return false;
    if (instance !== undefined && instance.job.incarnation !== this.#jobs.outline(slot).incarnation) return false;
    return this.#jobs.version(slot) === claim.version + 1 && this.#jobs.nextRun(slot) === claim.nextRunMs;
  }

  /** Returns the result of the same request, whose answer was lost. */
  #repeated({ id, owner, runs }: NewInstance): DispatchResult | undefined {
    const rows = runs.map((run) => this.#history.find(run.executionId)).filter((row) => row !== undefined);
    if (rows.length === 0) return undefined;
    if (rows.some(({ state }) => state === "max_instances")) return MAX_INSTANCES;
    const open = rows.find(({ instance }) => instance?.id === id)?.instance;
    if (open === undefined && rows.some(({ state }) => state === "queued")) return QUEUED;
    if (open === undefined || open.owner !== owner || !open.isFirstHand) return NOTHING;
    return { kind: "started", token: open.token, runs: planned(open) };
  }

  /** Counts the running instances, writes the executions and opens the instance. */
  #open(request: DispatchRequest, instance: NewInstance, slot: number, nowMs: number): DispatchResult {
    const { job, owner, overlap = "skip", skipExistingExcept } = instance;
    const { maxInstances } = this.#jobs.outline(slot);
    if (skipExistingExcept !== undefined && (this.#history.past(job.id)?.running ?? 0) >= maxInstances)
      return MAX_INSTANCES;
    const isOnce = skipExistingExcept !== undefined || request.claim !== undefined;
    const runs =
      skipExistingExcept !== undefined
        ? this.#notYetHad(instance, slot)
        : isOnce
          ? this.#notYetExecuted(instance.runs, slot)
          : instance.runs;
    if (runs.length === 0) return NOTHING;
    const past = this.#history.openPast(job.id);
    const mayWait = overlap !== "skip";
    // The waiting run is the next to start: a later one replaces it and never goes before it.
    const isFull = past.running >= maxInstances || (mayWait && this.#waiting.of(job.id) !== undefined);
    const state = isFull ? "max_instances" : "submitted";
    const incarnation = isOnce ? job.incarnation : "";
    const rows = runs.map((run) =>
      this.#history.add(run, { past, jobName: job.name, nowMs, state, owner, incarnation }),
    );
    if (isFull) {
      const waiting = mayWait ? rows.pop() : undefined;
      for (const row of rows) this.#endUnstarted(row, nowMs);
      if (waiting === undefined) return MAX_INSTANCES;
      const superseded = this.#wait(instance, waiting, startsWithoutNextRun(request), nowMs);
      return { kind: "queued", superseded, cancel: overlap === "queue-one" ? [] : this.#askToEnd(past, maxInstances) };
    }
    const { token } = this.#begin(instance, rows, nowMs);
    return { kind: "started", token, runs };
  }

  /** Queues a run; returns the waiting one that it replaces. */
  #wait({ id, job }: NewInstance, row: ExecutionRow, needsNoNextRun: boolean, nowMs: number): readonly PlannedRun[] {
    const before = this.#waiting.take(job.id);
    this.#endWaiting(before, "max_instances", nowMs);
    row.state = "queued";
    this.#waiting.put({ instanceId: id, job: waitingJob(job), row, needsNoNextRun });
    return before === undefined ? [] : [before.row.asPlanned()];
  }

  /** Asks as many of the job's instances to end as must go for one more, the oldest first. */
  #askToEnd(past: JobPast, maxInstances: number): readonly string[] {
    const running = [...this.#instances].filter((instance) => instance.past === past).sort((a, b) => a.order - b.order);
    return running.slice(0, Math.max(0, running.length + 1 - maxInstances)).flatMap((instance) => {
      const ids = instance.rows.map(({ id }) => id);
      instance.cancel = new Set([...(instance.cancel ?? []), ...ids]);
      return ids;
    });
  }

  /** False when none waited. */
  #endWaiting(waiting: WaitingRun | undefined, state: "max_instances" | "cancelled", nowMs: number): boolean {
    if (waiting === undefined) return false;
    waiting.row.end(state, nowMs);
    this.#history.finished(waiting.row);
    return true;
  }

  #begin(
    { id, job, owner, leaseMs, released = false }: NewInstance,
    rows: readonly ExecutionRow[],
    nowMs: number,
  ): Instance {
    const { past } = rows[0]!;
    const opened: Instance = {
      id,
      job,
      past,
      rows,
      owner,
      token: 0,
      leaseUntil: released ? nowMs : nowMs + leaseMs,
      attempt: 1,
      deliveries: released ? 0 : 1,
      released,
      isFirstHand: true,
      order: this.#order++,
      cancel: undefined,
    };
    this.#instances.open(opened);
    for (const row of rows) {
      row.token = opened.token;
      row.instance = opened;
    }
    past.running++;
    if (released) this.#wake();
    return opened;
  }

  #endUnstarted(row: ExecutionRow, nowMs: number): void {
    row.finishedAt = nowMs;
    this.#history.finished(row);
  }

  #notYetExecuted(runs: readonly PlannedRun[], slot: number): readonly PlannedRun[] {
    const before = this.#jobs.lastRun(slot);
    let isLater = true;
    for (const { scheduledAt } of runs) {
      isLater &&= scheduledAt > before;
      this.#jobs.ran(slot, scheduledAt);
    }
    if (isLater) return runs;
    const { id, incarnation } = this.#jobs.outline(slot);
    const past = this.#history.past(id);
    const isExecuted = (at: number) => at === before || (at < before && past?.hasRun(incarnation, at) === true);
    return runs.filter(({ scheduledAt }) => !isExecuted(scheduledAt));
  }

  /** Looks through all that is kept, for the run times of a backfill. */
  #notYetHad({ job, runs, skipExistingExcept = [] }: NewInstance, slot: number): readonly PlannedRun[] {
    const had = this.#history.past(job.id)?.timesHad(job.incarnation, skipExistingExcept);
    const left = runs.filter(({ scheduledAt }) => had?.has(scheduledAt) !== true);
    if (this.#jobs.outline(slot).incarnation === job.incarnation)
      for (const { scheduledAt } of left) this.#jobs.ran(slot, scheduledAt);
    return left;
  }

  #advance(slot: number, nextRunMs: number | null, runCount: number | undefined): void {
    if (nextRunMs === null) this.#jobs.remove(slot);
    else if (runCount === undefined) this.#jobs.advance(slot, nextRunMs);
    else this.#jobs.count(slot, nextRunMs, runCount);
  }

  releaseClaims(claims: readonly ClaimKey[]): void {
    for (const { jobId, version } of claims) {
      const slot = this.#jobs.find(jobId);
      if (slot === undefined || !this.#jobs.isClaimed(slot) || this.#jobs.version(slot) !== version) continue;
      this.#jobs.settle(slot);
      this.#wakeIfFirst(slot);
    }
  }

  report(reports: readonly Report[]): boolean[] {
    return reports.map((report) => this.#reportOne(report));
  }

  #reportOne(report: Report): boolean {
    const instance = this.#instances.find(report);
    const row = instance?.rows.find(({ id }) => id === report.executionId);
    if (instance === undefined || row === undefined) return isRepeated(this.#history.find(report.executionId), report);
    row.apply(report);
    if (report.state === "submitted") instance.attempt = report.attempt;
    if (row.isFinal) this.#ended(row, instance, report.last);
    return true;
  }

  /** Starts the next run of the instance, if there is one, at its first attempt. */
  #ended(row: ExecutionRow, instance: Instance, isLast: boolean): void {
    row.instance = undefined;
    if (isLast) this.#close(instance);
    else {
      instance.rows = instance.rows.filter((other) => other !== row);
      instance.attempt = 1;
      instance.deliveries = 1;
    }
    this.#history.finished(row);
  }

  renew(keys: readonly InstanceKey[], leaseMs: number): Renewal {
    const until = this.now() + leaseMs;
    const lost: string[] = [];
    const cancel: string[] = [];
    for (const key of keys) {
      const instance = this.#instances.find(key);
      if (instance === undefined) lost.push(key.instanceId);
      else {
        instance.leaseUntil = until;
        if (instance.cancel !== undefined) cancel.push(...instance.cancel);
      }
    }
    return { lost, cancel };
  }

  reclaim(request: ClaimRequest): ReclaimResult {
    const { owner, leaseMs, limit, acks } = request;
    const nowMs = this.now();
    const filters = claimFilters(request);
    const reclaimed: ReclaimedInstance[] = [];
    const lost: Execution[] = [];
    let nextExpiryMs = Number.POSITIVE_INFINITY;
    for (const instance of this.#instances) {
      if (instance.leaseUntil <= nowMs) {
        const isAsked = instance.rows.every(({ id }) => instance.cancel?.has(id) === true);
        if (isAsked || !mayStartAgain(instance)) {
          lost.push(...this.#end(instance, nowMs));
          continue;
        }
        if (!filters.some((filter) => takes(filter, instance.job))) continue;
        if (reclaimed.length < limit) {
          instance.job = withTaskAck(instance.job, acks);
          reclaimed.push(this.#handOver(instance, owner, nowMs + leaseMs));
        }
      }
      nextExpiryMs = Math.min(nextExpiryMs, Math.max(nowMs, instance.leaseUntil));
    }
    for (const waiting of this.#startable(filters, limit - reclaimed.length)) {
      const job = withTaskAck(waiting.job, acks);
      reclaimed.push(this.#startWaiting({ ...waiting, job }, owner, leaseMs, nowMs));
    }
    return { nowMs, reclaimed, lost, nextExpiryMs: orNull(nextExpiryMs), hasQueued: this.#waiting.size > 0 };
  }

  /** Those that wait no longer than until now. */
  #startable(filters: readonly ClaimFilter[], limit: number): readonly WaitingRun[] {
    const found: WaitingRun[] = [];
    for (const waiting of this.#waiting) {
      if (found.length >= limit) break;
      const { job, row, needsNoNextRun } = waiting;
      if (!filters.some((filter) => takes(filter, job))) continue;
      const slot = this.#jobs.find(job.id);
      const isPaused = slot !== undefined && this.#jobs.nextRun(slot) === null;
      const { maxInstances } = slot === undefined ? job : this.#jobs.outline(slot);
      if (row.past.running < maxInstances && (needsNoNextRun || !isPaused)) found.push(waiting);
    }
    return found;
  }

  #startWaiting(
    { instanceId, job, row }: WaitingRun,
    owner: string,
    leaseMs: number,
    nowMs: number,
  ): ReclaimedInstance {
    this.#waiting.take(job.id);
    row.state = "submitted";
    row.owner = owner;
    const opened = this.#begin({ id: instanceId, owner, leaseMs, job, runs: [] }, [row], nowMs);
    opened.isFirstHand = false;
    return { instanceId, token: opened.token, attempt: 1, job, runs: planned(opened), wasQueued: true };
  }

  #handOver(instance: Instance, owner: string, leaseUntil: number): ReclaimedInstance {
    if (!instance.released) instance.attempt++;
    instance.deliveries++;
    instance.released = false;
    instance.isFirstHand = false;
    instance.owner = owner;
    instance.leaseUntil = leaseUntil;
    this.#instances.renewToken(instance);
    const { id, token, attempt, job, rows } = instance;
    for (const row of rows) {
      row.owner = owner;
      row.token = token;
      row.state = "submitted";
      row.startedAt = null;
    }
    rows[0]!.attempt = attempt;
    return { instanceId: id, token, attempt, job, runs: planned(instance) };
  }

  /** Runs that were asked to end are cancelled, the rest is lost. */
  #end(instance: Instance, nowMs: number): Execution[] {
    this.#close(instance);
    return instance.rows.map((row) => {
      row.end(instance.cancel?.has(row.id) === true ? "cancelled" : "lost", nowMs);
      const execution = row.asExecution();
      this.#history.finished(row);
      return execution;
    });
  }

  #close(instance: Instance): void {
    this.#instances.close(instance);
    instance.past.running--;
    this.#history.closePast(instance.past);
  }

  releaseInstances(keys: readonly InstanceKey[]): void {
    const nowMs = this.now();
    for (const key of keys) {
      const instance = this.#instances.find(key);
      if (instance === undefined) continue;
      instance.released = true;
      instance.leaseUntil = nowMs;
      this.#instances.renewToken(instance);
      this.#wake();
    }
  }

  requestCancel(executionId: string): boolean {
    const row = this.#history.find(executionId);
    if (row?.state === "queued") {
      return this.#endWaiting(this.#waiting.take(row.past.jobId), "cancelled", this.now());
    }
    const instance = row?.instance;
    if (instance === undefined) return false;
    instance.cancel ??= new Set();
    instance.cancel.add(executionId);
    return true;
  }

  heartbeat(node: SchedulerNode): void {
    this.#nodes.set(node.id, { ...node, seenAt: this.now() });
  }

  nodes(): SchedulerNode[] {
    const since = this.now() - NODE_FORGOTTEN_AFTER_MS;
    for (const { id, seenAt } of this.#nodes.values()) if (seenAt < since) this.#nodes.delete(id);
    return [...this.#nodes.values()];
  }

  removeNode(id: string): void {
    this.#nodes.delete(id);
  }

  subscribe(onWake: () => void): () => void {
    const listener = () => onWake(); // the same callback may be given twice
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #wakeIfFirst(slot: number): void {
    if (this.#jobs.isFirst(slot)) this.#wake();
  }

  #wake(): void {
    for (const listener of this.#listeners) listener();
  }
}

function planned({ rows }: Instance): PlannedRun[] {
  return rows.map((row) => row.asPlanned());
}

function takes({ executor, tasks }: ClaimFilter, job: JobRecord): boolean {
  if (executor !== undefined && executor !== job.executor) return false;
  return tasks === undefined || tasks.includes(job.func as string);
}

function mayStartAgain({ released, job, deliveries }: Instance): boolean {
  return released || (job.ack === "late" && deliveries < job.maxDeliveries);
}

/** True for a report that the same owner made before. */
function isRepeated(row: ExecutionRow | undefined, { token, state }: Report): boolean {
  return row?.isFinal === true && row.token === token && row.state === state;
}

function orNull(moment: number): number | null {
  return moment === Number.POSITIVE_INFINITY ? null : moment;
}
