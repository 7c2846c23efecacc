import type {
  DurationStatistics,
  Execution,
  ExecutionPage,
  ExecutionQuery,
  ExecutionState,
  FinalState,
} from "./execution.js";
import type { Ack, JobRecord, Overlap } from "./job-record.js";
import type { Json } from "./json.js";

/** Value that an in-process store returns at once, and a shared one after a round trip. */
export type MaybePromise<T> = T | Promise<T>;

/**
 * Where jobs and their history live. A shared store serves many schedulers at once; what makes that safe is here:
 *
 * - a **claim** lends a due job to one scheduler until its lease ends; it raises the job's `version`, and `dispatch`
 *   needs that very version, so a scheduler that slept through its lease changes nothing;
 * - `dispatch` does in ONE atomic step what must not come apart: it counts the job's running instances, writes the
 *   execution rows, opens the instance with its lease, and moves the job to its next run (or removes it);
 * - an **instance** is one submission: usually one run time, several when a backlog is not coalesced. Its lease is
 *   renewed while it is held; `reap` finds the ones whose scheduler died;
 * - a run that finds as many instances as its job allows, and is not to be skipped, **waits** in the store: one for each
 *   job, the latest. `reap` starts it when the instances have ended; a change of its job changes it, the job's removal
 *   ends it;
 * - every method may be repeated after an answer that was lost: the second call finds the first one's work and says so.
 *
 * Times are epoch ms of the STORE's clock (`now()`), which all its schedulers share. `stores/conformance` tests all of it.
 */
export interface JobStore {
  /** False when only this process sees it: then there is nobody to wake and nothing to poll for. */
  readonly shared: boolean;
  /** Connects and checks; `migrate` first when the store has tables. */
  start(): MaybePromise<void>;
  /** Makes or upgrades what the store needs. Safe to call at every start, by several processes at once. */
  migrate(): MaybePromise<void>;
  /** Ends what `start` began; clients that were given to the store stay open. */
  close(): MaybePromise<void>;
  now(): MaybePromise<number>;

  /** Adds the job with the `version` it has, or answers the one that already has its id and changes nothing. */
  insert(job: JobRecord): MaybePromise<JobRecord | undefined>;
  get(id: string): MaybePromise<JobRecord | undefined>;
  /** By next run, paused ones last, then by id. */
  list(query: JobQuery): MaybePromise<JobPage>;
  /**
   * Replaces the job, and what a waiting run of it will run, if its version is still `job.version`, raises the version by one and frees any claim on it.
   * Answers the job as it then stands, or undefined when somebody else changed, claimed or removed it.
   */
  update(job: JobRecord): MaybePromise<JobRecord | undefined>;
  /** Instances that are running go on, what waits ends as `cancelled`; executions stay. True also when only a waiting run was left. */
  remove(id: string): MaybePromise<boolean>;
  /** Answers how many there were. */
  removeAll(): MaybePromise<number>;

  /**
   * Lends due jobs (`nextRunMs` ≤ now, not lent to anybody) to `owner`, earliest first. With `tasks`, only jobs whose
   * `func` is among them; with `lanes`, only jobs that one of them takes, and of each no more than it has room for, so
   * that a full executor stands in nobody's way. Unreadable jobs are skipped and reported in `broken`.
   */
  claimDue(request: ClaimRequest): MaybePromise<Claims>;
  /** Carries decisions out, each atomically, in order; verdicts in the same order. */
  dispatch(decisions: readonly Decision[]): MaybePromise<readonly Verdict[]>;
  /** Gives claims back at once, unprocessed; stale ones are ignored. */
  release(claims: readonly ClaimKey[]): MaybePromise<void>;

  /** Writes down what became of executions; true for each that was written (or had been, by this very holder), false when the lease was lost to another or to the reaper. */
  report(reports: readonly Report[]): MaybePromise<readonly boolean[]>;
  /** Renews the leases of instances; answers the ids of those that are no longer held with that token, and those asked to stop. */
  renew(held: readonly InstanceKey[], leaseMs: number): MaybePromise<Renewal>;
  /**
   * Finds instances whose lease has ended. Runs with ack `late` that may still be delivered (and any run that was
   * `offered`, however acknowledged) are leased to `owner` with a new token and `attempt` + 1 (an offered one keeps its
   * attempt); the others are closed, their unfinished executions `lost`. One that was asked to end is closed as well, its
   * executions `cancelled`. Then runs that wait and for which there is a place are leased to `owner` with a token that no
   * dispatch has given, unless their job is paused; those by hand, and the last of `maxRuns`, do not ask for a next run.
   */
  reap(request: ClaimRequest): MaybePromise<Reaped>;
  /** Frees instances for any other scheduler to take over at once (`offered`); stale ones are ignored. */
  offer(held: readonly InstanceKey[]): MaybePromise<void>;
  /** Asks whoever runs this execution to stop it: its holder hears at its next `renew`; one that waits ends at once. False when it is not under way. */
  requestCancel(executionId: string): MaybePromise<boolean>;

  readonly executions: ExecutionLog;

  heartbeat(node: SchedulerNode): MaybePromise<void>;
  /** Those seen within the last minute, or still there: a node that left cleanly is removed with `forgetNode`. */
  nodes(): MaybePromise<readonly SchedulerNode[]>;
  forgetNode(id: string): MaybePromise<void>;

  /** Calls back when another scheduler or client may have brought the next run forward. Answers how to stop. */
  subscribe(onWake: () => void): () => void;
}

export interface ExecutionLog {
  get(id: string): MaybePromise<Execution | undefined>;
  list(query: ExecutionQuery): MaybePromise<ExecutionPage>;
  /** Over the last 100 runs of each job that ended as `executed` or `error`; jobs without any are left out. */
  durations(jobIds: readonly string[]): MaybePromise<ReadonlyMap<string, DurationStatistics>>;
  /** Instances under way per job; jobs without any are left out. */
  active(jobIds: readonly string[]): MaybePromise<ReadonlyMap<string, number>>;
  /** Removes up to `limit` finished executions submitted before `beforeMs`; answers how many. */
  deleteBefore(beforeMs: number, limit: number): MaybePromise<number>;
}

export interface JobQuery {
  readonly state?: "scheduled" | "paused";
  readonly tag?: string;
  readonly limit?: number;
  readonly cursor?: string;
}

export interface JobPage {
  readonly jobs: readonly JobRecord[];
  readonly cursor?: string;
}

export interface ClaimRequest {
  readonly owner: string;
  readonly leaseMs: number;
  readonly limit: number;
  /** The tasks this scheduler knows; undefined when it takes any. */
  readonly tasks?: readonly string[];
  /** Capacity of each of its executors; undefined when it takes jobs of any executor. */
  readonly lanes?: readonly ClaimLane[];
  /** For `reap`: the `ack` of tasks that have one, which goes for what it hands over of jobs that leave it to their task. */
  readonly acks?: ReadonlyMap<string, Ack>;
}

/** One executor of a scheduler that claims. */
export interface ClaimLane {
  readonly executor: string;
  readonly room: number;
  /** The tasks it can run; undefined when it can run any. */
  readonly tasks?: readonly string[];
}

export interface Claims {
  /** The store's clock when it answered. */
  readonly nowMs: number;
  readonly jobs: readonly JobRecord[];
  /** The earliest next run (or end of a claim's lease) among the jobs that were not lent now; null when there is none. */
  readonly nextDueMs: number | null;
  readonly broken: readonly { readonly id: string; readonly reason: string }[];
}

export interface ClaimKey {
  readonly jobId: string;
  readonly version: number;
}

/** A decision about one claimed job, or (without `claim`) a run asked for by hand, which leaves the next run alone. */
export interface Decision {
  readonly jobId: string;
  readonly claim?: {
    readonly version: number;
    /** The next run; null when the trigger has ended and the job is to be removed. */
    readonly nextRunMs: number | null;
    /**
     * Given for a job with `maxRuns`: so many of the instance's runs, the first ones, are too late and do not count. The
     * store adds the others that it opens, or leaves waiting in the place of none, to the job's `runCount`; at `maxRuns` the job stays without a next run.
     */
    readonly uncounted?: number;
  };
  /** Undefined when there is nothing to run, only the next run to move. */
  readonly instance?: NewInstance;
}

/** What a run is made of when its job may be gone: the job as it was, and its run times. */
export interface NewInstance {
  readonly id: string;
  readonly owner: string;
  readonly leaseMs: number;
  readonly job: JobRecord;
  /** In the order in which they run. */
  readonly runs: readonly PlannedRun[];
  /** Not for this scheduler to run: any may take it with `reap` at once. */
  readonly offered?: boolean;
  /** When there is no place for it: skipped (the default), or its last run waits, the other runs being skipped. */
  readonly overlap?: Overlap;
  /**
   * Without a claim, and without an overlap that waits: run times that this job has had are left out as with a claim, but
   * those whose executions ended in one of these states are had again, as new executions. Without a place nothing is written.
   */
  readonly once?: readonly FinalState[];
}

export interface PlannedRun {
  readonly executionId: string;
  readonly scheduledAt: number;
}

/**
 * `started`: held by `owner` under `token`, `runs` are the ones to do (run times that this job has executed already are
 * not among them; none left means nothing to do and nothing held). `max_instances`: `maxInstances` were running, the
 * runs are written down as such and lost. `queued`: the last run waits for a place; those of `superseded` do not wait any
 * more, those of `cancel` were asked to end. `stale`: the claim had ended or the job was changed; nothing was done.
 */
export type Verdict =
  | { readonly kind: "started"; readonly token: number; readonly runs: readonly PlannedRun[] }
  | { readonly kind: "max_instances" }
  | Queued
  | { readonly kind: "stale" };

export interface Queued {
  readonly kind: "queued";
  /** Runs that waited until now, and were written down as `max_instances`. */
  readonly superseded: readonly PlannedRun[];
  /** Executions that were asked to end. */
  readonly cancel: readonly string[];
}

export interface InstanceKey {
  readonly instanceId: string;
  readonly token: number;
}

/** News of one execution of a held instance. */
export interface Report {
  readonly instanceId: string;
  readonly token: number;
  readonly executionId: string;
  /** `running` tells that it started; `submitted` that it failed and waits for attempt `attempt`; the others end it. */
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

export interface Renewal {
  readonly lost: readonly string[];
  /** Executions somebody asked to cancel. */
  readonly cancel: readonly string[];
}

/** An instance taken over from a scheduler that died, or offered by one that left. */
export interface TakenOver {
  readonly instanceId: string;
  readonly token: number;
  readonly attempt: number;
  readonly job: JobRecord;
  /** The unfinished ones, in order. */
  readonly runs: readonly PlannedRun[];
  /** It waited for a place and was never started. */
  readonly waited?: boolean;
}

export interface Reaped {
  readonly nowMs: number;
  readonly takenOver: readonly TakenOver[];
  /** Executions that ended as `lost` now, or as `cancelled` because they had been asked to end. */
  readonly lost: readonly Execution[];
  /** When the next lease ends; null when none is held. */
  readonly nextExpiryMs: number | null;
  /** True while runs wait for a place, as far as the store looked. */
  readonly waiting?: boolean;
}

/** A scheduler process, as the dashboard shows it. */
export interface SchedulerNode {
  readonly id: string;
  readonly host: string;
  readonly pid: number;
  readonly startedAt: number;
  /** Of the store's clock; stores fill it in. */
  readonly seenAt: number;
  readonly running: number;
  readonly state: "running" | "paused" | "stopping";
  /** The tasks and executors it has; not known of a node of an earlier version. */
  readonly offers?: NodeOffers;
  /** The sets of jobs that it declares, with a hash of each id; "*" for all of a set. */
  readonly declares?: Readonly<Record<string, readonly string[]>>;
}

/** A job can run at a node whose executor knows its task. */
export interface NodeOffers {
  /** The names of tasks that have a function here. */
  readonly tasks: readonly string[];
  /** Names registered without a function: only remote executors run them. */
  readonly remoteTasks: readonly string[];
  readonly executors: readonly string[];
  /** Those of the executors that hand runs to other processes or threads. */
  readonly remoteExecutors: readonly string[];
}
