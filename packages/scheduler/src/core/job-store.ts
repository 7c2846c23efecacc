import type {
  DurationStatistics,
  Execution,
  ExecutionPage,
  ExecutionQuery,
  ExecutionState,
  FinalState,
} from "./execution.js";
import type { JobRecord } from "./job-record.js";
import type { Json } from "./json.js";
import type { Ack, Overlap } from "./task.js";

/** Value that an in-process store returns at once, and a shared one after a round trip. */
export type MaybePromise<T> = T | Promise<T>;

/**
 * Store of jobs and their history. Many schedulers may share one; these rules make that safe:
 *
 * - a **claim** leases a due job to one scheduler; it raises the job's `version`, and `dispatch` requires that version, so
 *   a scheduler whose lease has ended changes nothing;
 * - `dispatch` is ONE atomic step: it counts the job's running instances, writes the execution rows, opens the instance
 *   with its lease, and moves the job to its next run (or removes it);
 * - an **instance** is one submission: usually one run time, several when a backlog is not coalesced. Its owner renews its
 *   lease; `reclaim` takes instances with an expired lease;
 * - a run that finds `maxInstances` instances of its job, and is not to be skipped, **waits** in the store: one run for
 *   each job, the latest. `reclaim` starts it when a slot is free; a change of its job changes it, the job's removal ends it;
 * - every method may be repeated after a lost answer: the second call finds the work of the first and returns its result.
 *
 * Times are epoch ms of the STORE's clock (`now()`), which all its schedulers share. `stores/conformance` tests all of it.
 */
export interface JobStore {
  /** False for a store of this process alone, which needs no wake-up and no polling. */
  readonly shared: boolean;
  /** Connects and checks the server; called after `migrate`. */
  start(): MaybePromise<void>;
  /** Creates or upgrades the store's tables. Safe at every start, in several processes at once. */
  migrate(): MaybePromise<void>;
  /** Closes the connections that `start` opened; clients that were passed in stay open. */
  close(): MaybePromise<void>;
  /** Returns the store's clock, epoch ms. */
  now(): MaybePromise<number>;

  /** Adds a job with its `version`; returns the existing job, unchanged, when the id is in use. */
  insert(job: JobRecord): MaybePromise<JobRecord | undefined>;
  get(id: string): MaybePromise<JobRecord | undefined>;
  /** Lists jobs by next run, paused ones last, then by id. */
  list(query: JobQuery): MaybePromise<JobPage>;
  /**
   * Replaces a job whose version is still `job.version`, and the job of its waiting run; raises the version by 1, which ends
   * any claim. Returns the stored job; undefined when it was changed, claimed or removed meanwhile.
   */
  update(job: JobRecord): MaybePromise<JobRecord | undefined>;
  /** Removes a job: running instances go on, its waiting run ends as `cancelled`, executions stay. True also when only a waiting run was left. */
  remove(id: string): MaybePromise<boolean>;
  /** Removes all jobs; returns their number. */
  removeAll(): MaybePromise<number>;

  /**
   * Leases due jobs (`nextRunMs` ≤ now, not leased) to `owner`, earliest first. With `tasks`, only jobs whose `func` is
   * among them; with `executors`, only jobs of these and no more of each than its capacity, so that a full executor blocks
   * no other. Unreadable jobs are skipped and reported in `broken`.
   */
  claimDue(request: ClaimRequest): MaybePromise<ClaimResult>;
  /** Applies each request atomically, in order; returns their results in the same order. */
  dispatch(requests: readonly DispatchRequest[]): MaybePromise<readonly DispatchResult[]>;
  /** Ends claims before their leases do; stale claims are ignored. */
  releaseClaims(claims: readonly ClaimKey[]): MaybePromise<void>;

  /** Records the state of executions; true for each that is recorded (by this call or an earlier one of the same owner), false when the lease was lost. */
  report(reports: readonly Report[]): MaybePromise<readonly boolean[]>;
  /** Renews the leases of instances; returns the ids of instances that are not leased with that token any more, and of executions that were asked to end. */
  renew(instances: readonly InstanceKey[], leaseMs: number): MaybePromise<Renewal>;
  /**
   * Reclaims instances with an expired lease. Instances with ack `late` and deliveries left (and released ones with any
   * ack) are leased to `owner` with a new token and `attempt` + 1 (a released one keeps its attempt); the others are
   * closed, their unfinished executions `lost`. An instance that was asked to end is closed as well, its executions
   * `cancelled`. Then waiting runs with a free slot are leased to `owner` with a token that no dispatch has given, unless
   * their job is paused; runs by hand, and the last of `maxRuns`, start without a next run of their job as well.
   */
  reclaim(request: ClaimRequest): MaybePromise<ReclaimResult>;
  /** Releases instances, so that any scheduler may reclaim them at once; stale ones are ignored. */
  releaseInstances(instances: readonly InstanceKey[]): MaybePromise<void>;
  /** Requests the end of an execution: its owner receives that at its next `renew`; a waiting run ends at once. False when it is not under way. */
  requestCancel(executionId: string): MaybePromise<boolean>;

  readonly executions: ExecutionLog;

  /** Records that a scheduler is alive, with the store's time. */
  heartbeat(node: SchedulerNode): MaybePromise<void>;
  /** Lists schedulers with a heartbeat in the last minute that have not left with `removeNode`. */
  nodes(): MaybePromise<readonly SchedulerNode[]>;
  /** Removes a scheduler that shuts down. */
  removeNode(id: string): MaybePromise<void>;

  /** Subscribes to changes that may have brought the next run forward; returns the unsubscribe function. */
  subscribe(onWake: () => void): () => void;
}

/** Executions of a store; they outlive their jobs. */
export interface ExecutionLog {
  get(id: string): MaybePromise<Execution | undefined>;
  list(query: ExecutionQuery): MaybePromise<ExecutionPage>;
  /** Returns statistics over the last 100 runs of each job that ended as `executed` or `error`; jobs without any are left out. */
  durations(jobIds: readonly string[]): MaybePromise<ReadonlyMap<string, DurationStatistics>>;
  /** Returns the number of instances under way of each job; jobs without any are left out. */
  countActive(jobIds: readonly string[]): MaybePromise<ReadonlyMap<string, number>>;
  /** Deletes up to `limit` finished executions submitted before `beforeMs`; returns their number. */
  deleteBefore(beforeMs: number, limit: number): MaybePromise<number>;
  /** Adds executions that have ended in another store; those whose id is there stay. Returns the number of added ones. Undefined for a store of this process alone. */
  addEnded?(executions: readonly Execution[]): MaybePromise<number>;
}

/** Filter and page of a listing of jobs. */
export interface JobQuery {
  readonly state?: "scheduled" | "paused";
  readonly tag?: string;
  /** Text in an id, a name, a task or a tag, whatever the case. No such job is left out; the caller sorts out others that are listed. */
  readonly search?: string;
  readonly limit?: number;
  readonly cursor?: string;
}

/** Page of jobs, with the cursor of the next one. */
export interface JobPage {
  readonly jobs: readonly JobRecord[];
  readonly cursor?: string;
}

/** Request of a scheduler for due jobs, or for instances to reclaim. */
export interface ClaimRequest {
  readonly owner: string;
  readonly leaseMs: number;
  readonly limit: number;
  /** Tasks that this scheduler can run; undefined for any. */
  readonly tasks?: readonly string[];
  /** Capacity of each of its executors; undefined for jobs of any executor. */
  readonly executors?: readonly ExecutorCapacity[];
  /** For `reclaim`: `ack` of the tasks that declare one, for instances of jobs that leave it to their task. */
  readonly acks?: ReadonlyMap<string, Ack>;
}

/** Executor of a scheduler that claims, with its capacity. */
export interface ExecutorCapacity {
  readonly executor: string;
  /** Number of jobs that it takes. */
  readonly capacity: number;
  /** Tasks that it can run; undefined for any. */
  readonly tasks?: readonly string[];
}

/** Claimed jobs. */
export interface ClaimResult {
  /** Store's clock at its answer. */
  readonly nowMs: number;
  readonly jobs: readonly JobRecord[];
  /** Earliest next run (or end of a claim's lease) among the jobs that were not claimed now; null when there is none. */
  readonly nextDueMs: number | null;
  readonly broken: readonly { readonly id: string; readonly reason: string }[];
}

/** Identity of a claim. */
export interface ClaimKey {
  readonly jobId: string;
  readonly version: number;
}

/** Next run of one claimed job and the instance to open; without `claim`, a run by hand, which leaves the next run as it is. */
export interface DispatchRequest {
  readonly jobId: string;
  readonly claim?: {
    readonly version: number;
    /** Next run; null when the trigger has ended and the job is to be removed. */
    readonly nextRunMs: number | null;
    /**
     * Number of the instance's runs, the first ones, that are misfires and do not count; given for a job with `maxRuns`. The
     * store adds the other runs that it starts, or that wait without replacing a waiting one, to the job's `runCount`; at
     * `maxRuns` the job stays without a next run.
     */
    readonly misfireCount?: number;
  };
  /** Undefined when only the next run moves. */
  readonly instance?: NewInstance;
}

/** Instance to open: its run times, and the job as it was, which may be removed meanwhile. */
export interface NewInstance {
  readonly id: string;
  readonly owner: string;
  readonly leaseMs: number;
  readonly job: JobRecord;
  /** Runs, in their order. */
  readonly runs: readonly PlannedRun[];
  /** True for an instance that any scheduler may take with `reclaim` at once. */
  readonly released?: boolean;
  /** Rule without a free slot: the runs are skipped (the default), or the last one waits and the others are skipped. */
  readonly overlap?: Overlap;
  /**
   * For a request without a claim, and without an overlap that waits: run times that this job has had are left out, as
   * with a claim, except those whose executions ended in one of these states, which run again as new executions. Without a
   * free slot nothing is recorded.
   */
  readonly skipExistingExcept?: readonly FinalState[];
}

/** Run time with the id of its execution. */
export interface PlannedRun {
  readonly executionId: string;
  readonly scheduledAt: number;
}

/**
 * Result of a dispatch. `started`: leased to `owner` under `token`, with the `runs` to execute (without run times that this
 * job has executed already; with none left, nothing is leased). `max_instances`: `maxInstances` were running, and the runs
 * are recorded as that. `queued`: the last run waits for a slot; runs in `superseded` wait no more, executions in `cancel`
 * were asked to end. `stale`: the claim had ended or the job was changed; nothing was done.
 */
export type DispatchResult =
  | { readonly kind: "started"; readonly token: number; readonly runs: readonly PlannedRun[] }
  | { readonly kind: "max_instances" }
  | QueuedResult
  | { readonly kind: "stale" };

/** Result of a run that waits for a slot. */
export interface QueuedResult {
  readonly kind: "queued";
  /** Runs that waited until now, recorded as `max_instances`. */
  readonly superseded: readonly PlannedRun[];
  /** Executions that were asked to end. */
  readonly cancel: readonly string[];
}

/** Identity of an instance with the fencing token of its lease. */
export interface InstanceKey {
  readonly instanceId: string;
  readonly token: number;
}

/** State of one execution of a leased instance, to be recorded. */
export interface Report {
  readonly instanceId: string;
  readonly token: number;
  readonly executionId: string;
  /** `running`: it started; `submitted`: it failed and waits for attempt `attempt`; the other states end it. */
  readonly state: Exclude<ExecutionState, "queued" | "lost" | "max_instances">;
  readonly attempt: number;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
  readonly result: Json | null;
  readonly error: string | null;
  readonly stack: string | null;
  /** True with the last execution of the instance: the instance is closed in the same step. */
  readonly last: boolean;
}

/** Result of a renewal. */
export interface Renewal {
  /** Ids of instances whose lease is lost. */
  readonly lost: readonly string[];
  /** Ids of executions that were asked to end. */
  readonly cancel: readonly string[];
}

/** Instance reclaimed from a dead scheduler, or released by a live one. */
export interface ReclaimedInstance {
  readonly instanceId: string;
  readonly token: number;
  readonly attempt: number;
  readonly job: JobRecord;
  /** Unfinished runs, in order. */
  readonly runs: readonly PlannedRun[];
  /** True for a run that waited for a slot and was never started. */
  readonly wasQueued?: boolean;
}

/** Result of `reclaim`. */
export interface ReclaimResult {
  readonly nowMs: number;
  readonly reclaimed: readonly ReclaimedInstance[];
  /** Executions that ended now as `lost`, or as `cancelled` after a request. */
  readonly lost: readonly Execution[];
  /** End of the next lease; null when there is none. */
  readonly nextExpiryMs: number | null;
  /** True while runs wait for a slot, as far as the store looked. */
  readonly hasQueued?: boolean;
}

/** Scheduler of a store. */
export interface SchedulerNode {
  readonly id: string;
  readonly host: string;
  readonly pid: number;
  readonly startedAt: number;
  /** Last heartbeat by the store's clock, which the store fills in. */
  readonly seenAt: number;
  readonly running: number;
  readonly state: "running" | "paused" | "stopping";
  /** Tasks and executors that it has; undefined for a node of an earlier version. */
  readonly offers?: NodeCapabilities;
  /** Sets of jobs that it declares, with a hash of each id; "*" for a whole set. */
  readonly declares?: Readonly<Record<string, readonly string[]>>;
}

/** Tasks and executors of a node; a job runs at nodes whose executor knows its task. */
export interface NodeCapabilities {
  /** Names of the tasks with a function in its process. */
  readonly tasks: readonly string[];
  /** Names of tasks without a function, which only remote executors run. */
  readonly remoteTasks: readonly string[];
  readonly executors: readonly string[];
  /** Aliases of the executors that pass runs to other processes or threads. */
  readonly remoteExecutors: readonly string[];
}
