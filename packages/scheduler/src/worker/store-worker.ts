import type { JobStore, NewInstance, QueuedResult, ReclaimedInstance } from "../core/job-store.js";
import { Claimer } from "./claimer.js";
import { Heartbeat } from "./heartbeat.js";
import { LeaseRenewer } from "./lease-renewer.js";
import { LeasedInstance } from "./leased-instance.js";
import { LongRunReporter } from "./long-run-reporter.js";
import { OrphanDetector } from "./orphan-detector.js";
import { Rescuer } from "./rescuer.js";
import { Runner } from "./runner.js";
import { createWorkerContext, type WorkerContext } from "./worker-context.js";
import type { WorkerHost } from "./worker-host.js";
import { ZoneScan } from "./zone-scan.js";

/**
 * Work of one scheduler with one store: the claimer finds due jobs, the runner executes them, and the other duties keep
 * leases, rescue runs of dead schedulers and report. No duty ends by an error: a failing store is tried again.
 */
export class StoreWorker {
  readonly #context: WorkerContext;
  readonly #runner: Runner;
  readonly #claimer: Claimer;
  readonly #renewer: LeaseRenewer;
  readonly #rescuer: Rescuer;
  readonly #heartbeat: Heartbeat;
  readonly #longRuns: LongRunReporter;
  readonly #orphans: OrphanDetector;
  readonly #zoneScan: ZoneScan;
  #unsubscribe: (() => void) | undefined;

  constructor(alias: string, store: JobStore, host: WorkerHost) {
    this.#context = createWorkerContext(alias, store, host);
    this.#runner = new Runner(this.#context);
    this.#claimer = new Claimer(this.#context, this.#runner);
    this.#renewer = new LeaseRenewer(this.#context, this.#runner);
    this.#rescuer = new Rescuer(this.#context, this.#runner);
    this.#heartbeat = new Heartbeat(this.#context);
    this.#longRuns = new LongRunReporter(this.#context, this.#runner);
    this.#orphans = new OrphanDetector(this.#context);
    this.#zoneScan = new ZoneScan(this.#context, () => this.#claimer.wake());
    this.#runner.onLeased = () => this.#longRuns.instanceLeased();
    this.#runner.onQueued = () => this.#rescuer.expectRuns();
    this.#runner.onReleased = () => this.expectReleased();
    this.#runner.onSlotFreed = (job) => this.#rescuer.slotFreed(job);
  }

  /** Initial lease of new instances. */
  get leaseMs(): number {
    return this.#context.leaseMs;
  }

  /** Number of leased instances. */
  get running(): number {
    return this.#context.leased.size;
  }

  /** Starts all duties; the store must have been started. */
  start(): void {
    this.#unsubscribe = this.#context.store.subscribe(() => this.wake());
    this.#claimer.start();
    this.#renewer.start();
    this.#heartbeat.start();
    this.#rescuer.start();
    this.#longRuns.start();
    this.#orphans.start();
    this.#zoneScan.start();
  }

  wake(): void {
    this.#claimer.wake();
    if (this.#context.store.shared) this.#rescuer.wake();
  }

  /** Writes a heartbeat now, for the other schedulers of the store. */
  async announce(): Promise<void> {
    if (this.#context.store.shared) await this.#heartbeat.beat();
  }

  /** Runs an instance that was dispatched by hand. */
  run({ instanceId, token, job, runs, attempt }: ReclaimedInstance): void {
    const leaseEndsAt = this.#context.host.clock.monotonic() + this.leaseMs;
    this.#runner.run(new LeasedInstance(instanceId, token, job, runs, attempt, leaseEndsAt));
  }

  /** Handles a run dispatched by hand that waits in the store for a slot. */
  queued(instance: NewInstance, result: QueuedResult): void {
    this.#runner.queued(instance, result);
  }

  /** Looks for a run that was released to any scheduler; workers of a shared store look for such runs anyway. */
  expectReleased(): void {
    if (!this.#context.store.shared) this.#rescuer.expectRuns();
  }

  /** Aborts an execution that this worker has leased; returns false when it has not. */
  abortExecution(executionId: string): boolean {
    return this.#runner.abortExecution(executionId);
  }

  /**
   * Stops claiming, waits up to `waitMs` for running tasks, then aborts the rest: early runs end as `cancelled`, late ones
   * and the runs behind any of them are released to other schedulers. Resolves when that is recorded, or the store is away.
   */
  async stop(waitMs: number): Promise<void> {
    const { store, host, reports, backoff } = this.#context;
    this.#unsubscribe?.();
    const scanned = this.#zoneScan.stop();
    const orphansDetected = this.#orphans.stop();
    this.#runner.endRetries();
    await Promise.all([this.#claimer.stop(), this.#rescuer.stop()]);
    this.#runner.releaseWaitingRetries();
    await this.#claimer.releaseDeferred();
    await this.#runner.idle(waitMs);
    this.#runner.abortAll();
    await reports.flush();
    reports.giveUp();
    await this.#runner.released();
    await Promise.all([this.#renewer.stop(), this.#heartbeat.stop(), this.#longRuns.stop(), orphansDetected, scanned]);
    if (store.shared) await backoff.bestEffort("remove this node", () => store.removeNode(host.id));
  }
}
