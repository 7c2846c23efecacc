import type { LeasedInstance } from "./leased-instance.js";
import { Loop } from "./loop.js";
import type { Runner } from "./runner.js";
import type { WorkerContext } from "./worker-context.js";

export interface LeaseRenewerConfig {
  /** Leases renewed in one call. */
  readonly batch: number;
  /** Renewals in the time of one lease. */
  readonly perLease: number;
  /** Tries in the time of one lease while renewals fail: a short series of failures must not cost a lease. */
  readonly triesPerLease: number;
}

const DEFAULTS: LeaseRenewerConfig = { batch: 200, perLease: 4, triesPerLease: 16 };

/** Renews the leases of instances in a shared store, and aborts those that were lost or asked to end. */
export class LeaseRenewer {
  readonly #config: LeaseRenewerConfig;
  readonly #loop: Loop;

  constructor(
    private readonly context: WorkerContext,
    private readonly runner: Runner,
    config: Partial<LeaseRenewerConfig> = {},
  ) {
    this.#config = { ...DEFAULTS, ...config };
    this.#loop = new Loop(context.host.clock, () => this.runOnce());
  }

  start(): void {
    if (this.context.store.shared) this.#loop.start();
  }

  stop(): Promise<void> {
    return this.#loop.stop();
  }

  async runOnce(): Promise<number> {
    const { host, leaseMs } = this.context;
    const { perLease, triesPerLease } = this.#config;
    const startedAt = host.clock.monotonic();
    const isDone = await this.#renewAll();
    const dueAt = startedAt + leaseMs / (isDone ? perLease : triesPerLease);
    return Math.max(1, dueAt - host.clock.monotonic());
  }

  /** Returns false when some leases could not be renewed. */
  async #renewAll(): Promise<boolean> {
    const { leased, backoff } = this.context;
    const { batch } = this.#config;
    const instances = leased.all().filter(({ dropped }) => !dropped);
    let isDone = true;
    for (let from = 0; from < instances.length; from += batch) {
      try {
        await this.#renew(instances.slice(from, from + batch));
      } catch (error) {
        backoff.nextDelayMs("renew leases", error);
        isDone = false;
      }
    }
    return isDone;
  }

  async #renew(instances: readonly LeasedInstance[]): Promise<void> {
    const { store, host, leaseMs } = this.context;
    const sentAt = host.clock.monotonic();
    const keys = instances.map(({ id, token }) => ({ instanceId: id, token }));
    const { lost, cancel } = await store.renew(keys, leaseMs);
    const lostIds = new Set(lost);
    for (const instance of instances) {
      if (!lostIds.has(instance.id)) instance.leaseEndsAt = sentAt + leaseMs;
      else if (instance.slot >= 0 && !instance.closing) this.runner.loseLease(instance);
    }
    for (const executionId of cancel) this.runner.abortExecution(executionId);
  }
}
