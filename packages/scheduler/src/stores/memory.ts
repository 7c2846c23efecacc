import { type Clock, systemClock } from "../core/clock.js";
import { JobSpecError } from "../core/errors.js";
import type { Execution } from "../core/execution.js";
import type { JobRecord } from "../core/job-record.js";
import type {
  ClaimKey,
  ClaimRequest,
  Claims,
  Decision,
  InstanceKey,
  JobPage,
  JobQuery,
  JobStore,
  NewInstance,
  PlannedRun,
  Reaped,
  Renewal,
  Report,
  SchedulerNode,
  TakenOver,
  Verdict,
} from "../core/job-store.js";
import { MemoryHeap, type Waiting } from "./memory-heap.js";
import { asExecution, ExecutionRow, MemoryHistory } from "./memory-history.js";

export interface MemoryJobStoreOptions {
  readonly clock?: Clock;
  /** Finished executions kept. Default 10,000. */
  readonly historyMax?: number;
  /** True when several schedulers of this process use it: then leases count. Default false. */
  readonly shared?: boolean;
}

/** A job and when somebody may claim it: its next run, or the end of the lease it is lent on. */
class Entry implements Waiting {
  heapIndex = -1;
  leased = false;
  /** The latest run time that was dispatched: what is later has surely not been executed yet. */
  lastRunMs = Number.NEGATIVE_INFINITY;
  constructor(
    public job: Changing,
    public key: number,
  ) {}
}

/**
 * The record as the store keeps it: claims and moves to the next run change it in place, because they are many. Whoever
 * asks for it gets a copy.
 */
type Changing = Omit<JobRecord, "nextRunMs" | "version"> & { nextRunMs: number | null; version: number };

interface Instance {
  readonly id: string;
  readonly job: JobRecord;
  /** The unfinished ones. */
  runs: readonly PlannedRun[];
  owner: string;
  token: number;
  leaseUntil: number;
  attempt: number;
  deliveries: number;
  offered: boolean;
  readonly cancel: Set<string>;
}

const NODE_FORGOTTEN_AFTER_MS = 60_000;
const LIST_LIMIT = 100;

/**
 * Jobs in this process: nothing is serialised, functions may be jobs, and all is gone with the process. Every method
 * answers at once. A million jobs fit; a claim, a move and a removal cost O(log n).
 */
export class MemoryJobStore implements JobStore {
  readonly shared: boolean;
  readonly executions: MemoryHistory;
  readonly #clock: Clock;
  readonly #jobs = new Map<string, Entry>();
  readonly #due = new MemoryHeap<Entry>();
  readonly #instances = new Map<string, Instance>();
  readonly #running = new Map<string, number>();
  readonly #nodes = new Map<string, SchedulerNode>();
  readonly #listeners = new Set<() => void>();

  constructor({ clock = systemClock(), historyMax = 10_000, shared = false }: MemoryJobStoreOptions = {}) {
    this.#clock = clock;
    this.shared = shared;
    this.executions = new MemoryHistory(historyMax);
    this.executions.active = (jobIds) =>
      new Map(jobIds.flatMap((id) => (this.#running.has(id) ? [[id, this.#running.get(id)!] as const] : [])));
  }

  start(): void {}
  migrate(): void {}
  close(): void {}

  now(): number {
    return this.#clock.now();
  }

  insert(job: JobRecord): JobRecord | undefined {
    if (this.shared && typeof job.func !== "string") throw new JobSpecError("func", "a shared store keeps names, not functions");
    const existing = this.#jobs.get(job.id);
    if (existing !== undefined) return { ...existing.job };
    const entry = new Entry({ ...job }, job.nextRunMs ?? 0);
    this.#jobs.set(job.id, entry);
    this.#settle(entry);
    return undefined;
  }

  get(id: string): JobRecord | undefined {
    const entry = this.#jobs.get(id);
    return entry && { ...entry.job };
  }

  list({ state, tag, limit = LIST_LIMIT, cursor }: JobQuery): JobPage {
    const after = cursor === undefined ? undefined : (JSON.parse(cursor) as [number | null, string]);
    const jobs = [...this.#jobs.values()]
      .map(({ job }) => job)
      .filter((job) => state === undefined || (state === "paused") === (job.nextRunMs === null))
      .filter((job) => tag === undefined || job.tags.includes(tag))
      .filter((job) => after === undefined || compare([job.nextRunMs, job.id], after) > 0)
      .sort((a, b) => compare([a.nextRunMs, a.id], [b.nextRunMs, b.id]));
    const page = jobs.slice(0, limit).map((job) => ({ ...job }));
    if (jobs.length <= limit) return { jobs: page };
    const last = page.at(-1)!;
    return { jobs: page, cursor: JSON.stringify([last.nextRunMs, last.id]) };
  }

  update(job: JobRecord): JobRecord | undefined {
    const entry = this.#jobs.get(job.id);
    if (entry === undefined || entry.job.version !== job.version) return undefined;
    if (entry.job.incarnation !== job.incarnation) entry.lastRunMs = Number.NEGATIVE_INFINITY;
    entry.job = { ...job, version: job.version + 1 };
    entry.leased = false;
    this.#settle(entry);
    return { ...entry.job };
  }

  remove(id: string): boolean {
    const entry = this.#jobs.get(id);
    if (entry === undefined) return false;
    this.#delete(entry);
    return true;
  }

  removeAll(): number {
    const count = this.#jobs.size;
    for (const entry of this.#jobs.values()) this.#due.remove(entry);
    this.#jobs.clear();
    return count;
  }

  claimDue({ leaseMs, limit, tasks }: ClaimRequest): Claims {
    const nowMs = this.now();
    const jobs: JobRecord[] = [];
    const unknown: Entry[] = [];
    const known = tasks === undefined || !this.shared ? undefined : new Set(tasks);
    for (let entry = this.#due.first; entry !== undefined && entry.key <= nowMs && jobs.length < limit; entry = this.#due.first) {
      if (known !== undefined && !known.has(entry.job.func as string)) {
        unknown.push(entry);
        this.#due.remove(entry);
        continue;
      }
      entry.job.version++;
      entry.leased = true;
      entry.key = nowMs + leaseMs;
      this.#due.place(entry);
      jobs.push({ ...entry.job });
    }
    const nextDueMs = this.#due.first?.key ?? null;
    for (const entry of unknown) this.#due.place(entry);
    return { nowMs, jobs, nextDueMs, broken: [] };
  }

  dispatch(decisions: readonly Decision[]): Verdict[] {
    const nowMs = this.now();
    return decisions.map((decision) => this.#dispatchOne(decision, nowMs));
  }

  #dispatchOne({ jobId, claim, instance }: Decision, nowMs: number): Verdict {
    const repeated = instance && this.#repeated(instance);
    if (repeated !== undefined) return repeated;
    const entry = this.#jobs.get(jobId);
    if (entry === undefined) return { kind: "stale" };
    if (claim !== undefined && (!entry.leased || entry.job.version !== claim.version)) return { kind: "stale" };
    const verdict = instance === undefined ? NOTHING : this.#open(instance, entry, claim !== undefined, nowMs);
    if (claim !== undefined) this.#advance(entry, claim.nextRunMs);
    return verdict;
  }

  /** The verdict of the same decision, when its answer had been lost. */
  #repeated(instance: NewInstance): Verdict | undefined {
    const open = this.#instances.get(instance.id);
    if (open !== undefined) {
      return open.owner === instance.owner ? { kind: "started", token: open.token, runs: open.runs } : NOTHING;
    }
    const row = instance.runs.map((run) => this.executions.find(run.executionId)).find((found) => found !== undefined);
    if (row === undefined) return undefined;
    return row.state === "max_instances" ? { kind: "max_instances" } : NOTHING;
  }

  #open(instance: NewInstance, entry: Entry, isClaimed: boolean, nowMs: number): Verdict {
    const { job } = instance;
    const runs = isClaimed ? this.#notYetExecuted(instance.runs, entry) : instance.runs;
    if (runs.length === 0) return NOTHING;
    const running = this.#running.get(job.id) ?? 0;
    const full = running >= entry.job.maxInstances;
    for (const run of runs) {
      const state = full ? "max_instances" : "submitted";
      const order = this.executions.nextOrder();
      const { id, owner } = instance;
      const incarnation = isClaimed ? job.incarnation : "";
      const row = new ExecutionRow(run.executionId, job, run.scheduledAt, nowMs, state, owner, 1, id, incarnation, order);
      if (full) row.finishedAt = nowMs;
      this.executions.add(row);
    }
    if (full) return { kind: "max_instances" };
    const offered = instance.offered === true;
    this.#instances.set(instance.id, {
      id: instance.id,
      job,
      runs,
      owner: instance.owner,
      token: 1,
      leaseUntil: offered ? nowMs : nowMs + instance.leaseMs,
      attempt: 1,
      deliveries: offered ? 0 : 1,
      offered,
      cancel: new Set(),
    });
    this.#running.set(job.id, running + 1);
    if (offered) this.#wake();
    return { kind: "started", token: 1, runs };
  }

  #notYetExecuted(runs: readonly PlannedRun[], entry: Entry): readonly PlannedRun[] {
    const before = entry.lastRunMs;
    entry.lastRunMs = Math.max(before, runs.at(-1)!.scheduledAt);
    if (runs[0]!.scheduledAt > before) return runs;
    const { id, incarnation } = entry.job;
    return runs.filter(({ scheduledAt }) => scheduledAt > before || !this.executions.hasRun(id, incarnation, scheduledAt));
  }

  #advance(entry: Entry, nextRunMs: number | null): void {
    if (nextRunMs === null) {
      this.#delete(entry);
      return;
    }
    entry.job.nextRunMs = nextRunMs;
    entry.job.version++;
    entry.leased = false;
    entry.key = nextRunMs;
    this.#due.place(entry);
  }

  release(claims: readonly ClaimKey[]): void {
    for (const { jobId, version } of claims) {
      const entry = this.#jobs.get(jobId);
      if (entry === undefined || !entry.leased || entry.job.version !== version) continue;
      entry.leased = false;
      this.#settle(entry);
    }
  }

  report(reports: readonly Report[]): boolean[] {
    return reports.map((report) => this.#reportOne(report));
  }

  #reportOne(report: Report): boolean {
    const row = this.executions.find(report.executionId);
    const instance = this.#instances.get(report.instanceId);
    if (instance === undefined || instance.token !== report.token) return isRepeated(row, report);
    if (row === undefined) return false;
    if (row.isFinal) return isRepeated(row, report);
    row.take(report);
    instance.attempt = report.attempt;
    if (row.isFinal) {
      instance.runs = instance.runs.filter((run) => run.executionId !== report.executionId);
      instance.attempt = 1;
      instance.deliveries = 1;
    }
    if (report.last) this.#close(instance);
    return true;
  }

  renew(held: readonly InstanceKey[], leaseMs: number): Renewal {
    const until = this.now() + leaseMs;
    const lost: string[] = [];
    const cancel: string[] = [];
    for (const { instanceId, token } of held) {
      const instance = this.#instances.get(instanceId);
      if (instance === undefined || instance.token !== token) lost.push(instanceId);
      else {
        instance.leaseUntil = until;
        cancel.push(...instance.cancel);
      }
    }
    return { lost, cancel };
  }

  reap({ owner, leaseMs, limit, tasks }: ClaimRequest): Reaped {
    const nowMs = this.now();
    const takenOver: TakenOver[] = [];
    const lost: Execution[] = [];
    let nextExpiryMs: number | null = null;
    const known = tasks === undefined ? undefined : new Set(tasks);
    for (const instance of this.#instances.values()) {
      if (instance.leaseUntil > nowMs) {
        nextExpiryMs = Math.min(nextExpiryMs ?? Number.POSITIVE_INFINITY, instance.leaseUntil);
      } else if (!mayStartAgain(instance)) {
        lost.push(...this.#lose(instance, nowMs));
      } else if (takenOver.length < limit && (known === undefined || known.has(instance.job.func as string))) {
        takenOver.push(this.#handOver(instance, owner, nowMs + leaseMs));
      }
    }
    return { nowMs, takenOver, lost, nextExpiryMs };
  }

  #handOver(instance: Instance, owner: string, leaseUntil: number): TakenOver {
    if (!instance.offered) instance.attempt++;
    instance.deliveries++;
    instance.offered = false;
    instance.owner = owner;
    instance.token++;
    instance.leaseUntil = leaseUntil;
    for (const [index, { executionId }] of instance.runs.entries()) {
      const row = this.executions.find(executionId)!;
      row.owner = owner;
      row.token = instance.token;
      row.state = "submitted";
      row.startedAt = null;
      if (index === 0) row.attempt = instance.attempt;
    }
    const { id, token, attempt, job, runs } = instance;
    return { instanceId: id, token, attempt, job, runs };
  }

  #lose(instance: Instance, nowMs: number): Execution[] {
    this.#close(instance);
    return instance.runs.map(({ executionId }) => {
      const row = this.executions.find(executionId)!;
      row.state = "lost";
      row.finishedAt = nowMs;
      row.durationMs = null;
      row.token = 0; // nobody's any more: a late report is refused
      return asExecution(row);
    });
  }

  offer(held: readonly InstanceKey[]): void {
    for (const { instanceId, token } of held) {
      const instance = this.#instances.get(instanceId);
      if (instance === undefined || instance.token !== token) continue;
      instance.offered = true;
      instance.token++;
      instance.leaseUntil = this.now();
    }
    this.#wake();
  }

  requestCancel(executionId: string): boolean {
    const row = this.executions.find(executionId);
    const instance = row && this.#instances.get(row.instanceId);
    if (instance === undefined || row!.isFinal) return false;
    instance.cancel.add(executionId);
    return true;
  }

  heartbeat(node: SchedulerNode): void {
    this.#nodes.set(node.id, { ...node, seenAt: this.now() });
  }

  nodes(): SchedulerNode[] {
    for (const { id, seenAt } of this.#nodes.values()) if (seenAt < this.now() - NODE_FORGOTTEN_AFTER_MS) this.#nodes.delete(id);
    return [...this.#nodes.values()];
  }

  forgetNode(id: string): void {
    this.#nodes.delete(id);
  }

  subscribe(onWake: () => void): () => void {
    this.#listeners.add(onWake);
    return () => this.#listeners.delete(onWake);
  }

  /** Puts a job where its next run belongs, and tells whoever waits when that is the first. */
  #settle(entry: Entry): void {
    const { nextRunMs } = entry.job;
    if (nextRunMs === null) {
      this.#due.remove(entry);
      return;
    }
    entry.key = nextRunMs;
    this.#due.place(entry);
    if (this.#due.first === entry) this.#wake();
  }

  #delete(entry: Entry): void {
    this.#due.remove(entry);
    this.#jobs.delete(entry.job.id);
  }

  #close(instance: Instance): void {
    this.#instances.delete(instance.id);
    const left = (this.#running.get(instance.job.id) ?? 1) - 1;
    if (left > 0) this.#running.set(instance.job.id, left);
    else this.#running.delete(instance.job.id);
  }

  #wake(): void {
    for (const listener of this.#listeners) listener();
  }
}

/** There was nothing (left) to do, and nothing is held. */
const NOTHING: Verdict = { kind: "started", token: 0, runs: [] };

function mayStartAgain({ offered, job, deliveries }: Instance): boolean {
  return offered || (job.ack === "late" && deliveries < job.maxDeliveries);
}

/** The same news as was written before, from the same holder. */
function isRepeated(row: ExecutionRow | undefined, { token, state }: Report): boolean {
  return row !== undefined && row.isFinal && row.token === token && row.state === state;
}

function compare([aRun, aId]: [number | null, string], [bRun, bId]: [number | null, string]): number {
  if (aRun !== bRun) return (aRun ?? Number.POSITIVE_INFINITY) - (bRun ?? Number.POSITIVE_INFINITY);
  return aId < bId ? -1 : aId > bId ? 1 : 0;
}
