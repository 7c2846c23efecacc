import { createHash } from "node:crypto";
import type { Execution, ExecutionState } from "../../src/core/execution.js";
import type { RunContext } from "../../src/core/task.js";
import type { Scheduler } from "../../src/scheduler/scheduler.js";
import type { VirtualClock } from "../../src/simulation/virtual-clock.js";
import type { MemoryJobStore } from "../../src/stores/memory.js";
import type { NodeClock } from "./node-clock.js";

interface LedgerRun {
  readonly jobId: string;
  readonly node: NodeClock;
  readonly signal: AbortSignal;
  /** Whether its process was stopped while it ran: its lease may have another owner now. */
  interrupted: boolean;
}

/** Newest executions that a check reads. */
const RECENT = 200;
const FINAL = new Set<ExecutionState>(["executed", "error", "missed", "max_instances", "lost", "cancelled"]);

/** Records the events of a world and checks the invariants of the scheduler. */
export class Ledger {
  readonly #violations: string[] = [];
  readonly #hash = createHash("sha256");
  readonly #starts = new Map<string, { executionId: string; count: number }>();
  readonly #effects = new Map<string, number>();
  readonly #effectRuns = new Map<string, string>();
  readonly #running = new Set<LedgerRun>();
  readonly #promised = new Map<string, "early" | "late">();
  readonly #removed = new Set<string>();
  readonly #final = new Map<string, ExecutionState>();
  #startCount = 0;
  #lost = 0;
  #reclaimed = 0;

  constructor(
    private readonly clock: VirtualClock,
    private readonly store: MemoryJobStore,
    private readonly cancelling: ReadonlySet<string>,
  ) {}

  /** Whether later runs of this job may cancel earlier ones. */
  mayBeCancelled(jobId: string): boolean {
    return this.cancelling.has(jobId);
  }

  /** Records a removal, after which waiting runs of the job may be cancelled. */
  removed(jobId: string): void {
    this.#removed.add(jobId);
  }

  watch(scheduler: Scheduler): void {
    scheduler.on("job:lost", ({ jobId, scheduledAt }) => {
      this.#lost++;
      this.#record("lost", jobId, scheduledAt);
    });
  }

  /** Records a job whose addition was confirmed. */
  promised(id: string, ack: "early" | "late"): void {
    this.#promised.set(id, ack);
    this.#record("promised", id);
  }

  started(
    { jobId, scheduledAt, executionId, attempt }: RunContext,
    ack: string,
    node: NodeClock,
    signal: AbortSignal,
  ): LedgerRun {
    this.#record("start", jobId, scheduledAt, attempt);
    this.#startCount++;
    if (attempt > 1) this.#reclaimed++;
    const key = `${jobId}@${scheduledAt}`;
    const before = this.#starts.get(key);
    if (before === undefined) this.#starts.set(key, { executionId, count: 1 });
    else {
      before.count++;
      if (ack === "early") this.#violation(`${key} is early and was started ${before.count} times`);
      if (before.executionId !== executionId) this.#violation(`${key} has two execution ids`);
    }
    const run = { jobId, node, signal, interrupted: false };
    this.#running.add(run);
    return run;
  }

  ended(run: LedgerRun): void {
    this.#running.delete(run);
  }

  /** Records the effect of a task under its idempotency key. */
  effect({ jobId, scheduledAt, executionId }: RunContext): void {
    this.#record("effect", jobId, scheduledAt);
    this.#effects.set(executionId, (this.#effects.get(executionId) ?? 0) + 1);
    const key = `${jobId}@${scheduledAt}`;
    const other = this.#effectRuns.get(key);
    if (other !== undefined && other !== executionId) this.#violation(`${key} had its effect under two ids`);
    this.#effectRuns.set(key, executionId);
  }

  /** Checks the invariants of every moment. */
  check(nodes: readonly NodeClock[]): void {
    for (const run of this.#running) {
      if (run.node.isPaused) run.interrupted = true;
      if (run.node.isKilled) this.#running.delete(run);
    }
    this.#checkInstances(nodes);
    this.#checkFinalStates();
    this.#checkWaiting();
  }

  checkAtRest(): void {
    this.#checkFinalStates();
    for (const [id, ack] of this.#promised) this.#checkPromise(id, ack);
    const newest = new Map<string, Execution>();
    for (const execution of this.store.executions.list({ limit: 1_000_000 }).executions) {
      const { id, state, jobId } = execution;
      if (!FINAL.has(state)) this.#violation(`execution ${id} of ${jobId} is ${state} at rest`);
      if (state === "cancelled" && !this.cancelling.has(jobId) && !this.#removed.has(jobId))
        this.#violation(`execution ${id} of ${jobId} was cancelled without a request`);
      if (state === "lost" && this.store.get(jobId)?.ack === "late")
        this.#violation(`execution ${id} of ${jobId} is late and was lost`);
      if (!newest.has(jobId)) newest.set(jobId, execution);
    }
    for (const [jobId, { id, state }] of newest) {
      const overlap = this.store.get(jobId)?.overlap ?? "skip";
      // The last trigger ran, or was removed or cancelled with its job; only one before it may have been skipped.
      if (overlap !== "skip" && state === "max_instances")
        this.#violation(`the last execution ${id} of ${jobId} was skipped under ${overlap}`);
    }
  }

  /** Checks that at most one run of each job waits, and that no later one was skipped. */
  #checkWaiting(): void {
    const waiting = new Map<string, number>();
    const skipped = new Map<string, number>();
    for (const { jobId, scheduledAt, state } of this.store.executions.list({ limit: RECENT }).executions) {
      if (state === "queued" && waiting.has(jobId)) this.#violation(`two runs of ${jobId} wait`);
      if (state === "queued") waiting.set(jobId, scheduledAt);
      if (state === "max_instances") skipped.set(jobId, Math.max(scheduledAt, skipped.get(jobId) ?? 0));
    }
    for (const [jobId, waits] of waiting) {
      if ((skipped.get(jobId) ?? 0) > waits)
        this.#violation(`a run of ${jobId} waits for ${waits}, a later one was skipped`);
    }
  }

  summary() {
    return {
      violations: this.#violations,
      digest: this.#hash.digest("hex"),
      starts: this.#startCount,
      effects: this.#effects.size,
      lost: this.#lost,
      reclaimed: this.#reclaimed,
    };
  }

  /** Checks that a late job had its effect, and an early one left one row. */
  #checkPromise(id: string, ack: "early" | "late"): void {
    const { executions } = this.store.executions.list({ jobId: id, limit: 10 });
    if (executions.length !== 1) this.#violation(`${id} has ${executions.length} executions`);
    if (ack === "late" && executions[0]?.state !== "executed")
      this.#violation(`${id} is late and ended as ${executions[0]?.state}`);
    if (ack === "late" && !this.#effects.has(executions[0]?.id ?? ""))
      this.#violation(`${id} is late and had no effect`);
  }

  #checkInstances(nodes: readonly NodeClock[]): void {
    const counts = new Map<string, number>();
    for (const run of this.#running) {
      if (!nodes.includes(run.node) || run.interrupted || run.signal.aborted) continue;
      counts.set(run.jobId, (counts.get(run.jobId) ?? 0) + 1);
    }
    for (const [jobId, count] of counts) {
      const max = this.store.get(jobId)?.maxInstances ?? 1;
      if (count > max) this.#violation(`${jobId} runs ${count} times at once, ${max} allowed`);
    }
  }

  #checkFinalStates(): void {
    for (const { id, state, jobId } of this.store.executions.list({ limit: 200 }).executions) {
      const before = this.#final.get(id);
      if (before !== undefined && before !== state)
        this.#violation(`execution ${id} of ${jobId} was ${before} and became ${state}`);
      if (FINAL.has(state)) this.#final.set(id, state);
    }
  }

  #violation(text: string): void {
    if (this.#violations.length < 50)
      this.#violations.push(`${(this.clock.monotonic() / 1_000).toFixed(3)} s: ${text}`);
  }

  #record(...what: unknown[]): void {
    this.#hash.update(`${this.clock.monotonic()} ${what.join(" ")}\n`);
  }
}
