import type { JobRecord } from "../core/job-record.js";
import type { ExecutorCapacity, ReclaimedInstance } from "../core/job-store.js";
import { executorCapacities } from "./executor-capacities.js";
import { LeasedInstance } from "./leased-instance.js";
import { Loop } from "./loop.js";
import type { Runner } from "./runner.js";
import type { WorkerContext } from "./worker-context.js";

export interface RescuerConfig {
  /** Instances reclaimed in one call, for each executor. */
  readonly batch: number;
  /** Longest time between two runs. */
  readonly everyMs: number;
  /** Shortest time between two runs, unless an event asks for one. */
  readonly minMs: number;
}

const DEFAULTS: RescuerConfig = { batch: 200, everyMs: 1_000, minMs: 250 };

/** Reclaims instances with expired leases, and starts runs that wait in the store: for a free slot, or for any scheduler. */
export class Rescuer {
  readonly #config: RescuerConfig;
  readonly #loop: Loop;
  #nextRunAt = 0;
  /** True while runs may wait in the store, as far as this process knows. */
  #expectsRuns = true;

  constructor(
    private readonly context: WorkerContext,
    private readonly runner: Runner,
    config: Partial<RescuerConfig> = {},
  ) {
    this.#config = { ...DEFAULTS, ...config };
    this.#loop = new Loop(context.host.clock, () => this.runOnce());
  }

  start(): void {
    this.#loop.start();
  }

  stop(): Promise<void> {
    return this.#loop.stop();
  }

  /** Ends a sleep: the scheduler may have been resumed. */
  wake(): void {
    this.#loop.wake();
  }

  /** Looks now for a run that waits: for a slot, which may be free already, or for any scheduler. */
  expectRuns(): void {
    this.#expectsRuns = true;
    this.#runNow();
  }

  /** Looks now for a run that waits for the slot of an instance that has ended. */
  slotFreed({ overlap }: JobRecord): void {
    if (this.#expectsRuns || (overlap !== "skip" && this.context.store.shared)) this.#runNow();
  }

  #runNow(): void {
    this.#nextRunAt = 0;
    this.#loop.wake();
  }

  async runOnce(): Promise<number> {
    const { host, store, pollMs } = this.context;
    if (!store.shared && !this.#expectsRuns) return pollMs;
    if (host.paused()) return this.#config.everyMs;
    const startedAt = host.clock.monotonic();
    if (startedAt >= this.#nextRunAt) {
      this.#nextRunAt = Number.POSITIVE_INFINITY; // unless a slot is freed meanwhile
      const waitMs = await this.#rescue();
      this.#nextRunAt = Math.min(this.#nextRunAt, host.clock.monotonic() + waitMs);
    }
    return this.#nextRunAt - host.clock.monotonic();
  }

  /** Returns the time until the next run, ms. */
  async #rescue(): Promise<number> {
    const { host, backoff, store } = this.context;
    let waitMs = this.#config.everyMs;
    try {
      const executors = executorCapacities(host, { most: this.#config.batch, isShared: store.shared });
      if (executors.length > 0) this.#expectsRuns = false;
      for (const executor of executors) waitMs = Math.min(waitMs, await this.#rescueRunsOf(executor));
      return waitMs;
    } catch (error) {
      return backoff.nextDelayMs("reclaim expired runs", error);
    }
  }

  async #rescueRunsOf(executor: ExecutorCapacity): Promise<number> {
    const { store, host, leaseMs, events } = this.context;
    const { everyMs, minMs } = this.#config;
    const request = { owner: host.id, leaseMs, limit: executor.capacity, executors: [executor], acks: host.taskAcks() };
    const { nowMs, nextExpiryMs, hasQueued, lost, reclaimed } = await store.reclaim(request);
    const hasExpired = nextExpiryMs !== null && nextExpiryMs <= nowMs;
    this.#expectsRuns ||= hasQueued === true || (!store.shared && hasExpired);
    for (const execution of lost) events.lost(execution);
    for (const instance of reclaimed) this.#run(instance);
    return nextExpiryMs === null ? everyMs : Math.min(everyMs, Math.max(minMs, nextExpiryMs - nowMs + 1));
  }

  #run(rescued: ReclaimedInstance): void {
    if (rescued.runs.length === 0) return;
    const { host, leaseMs, events } = this.context;
    const { instanceId, token, runs, attempt } = rescued;
    events.rescued(rescued);
    const job = host.withTaskSettings(rescued.job);
    const leaseEndsAt = host.clock.monotonic() + leaseMs;
    this.runner.run(new LeasedInstance(instanceId, token, job, runs, attempt, leaseEndsAt));
  }
}
