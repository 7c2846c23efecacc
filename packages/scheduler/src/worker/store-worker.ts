import type { JobStore, NewInstance, Queued, TakenOver } from "../core/job-store.js";
import { ClaimLoop } from "./claimer.js";
import { KeeperLoop } from "./lease-renewer.js";
import { HeldInstance } from "./leased-instance.js";
import { Runner } from "./runner.js";
import { type SessionParts, sessionParts } from "./worker-context.js";
import type { SessionHost } from "./worker-host.js";
import { ZoneRescan } from "./zone-scan.js";

/**
 * What one scheduler does with one store, from claiming what is due to reporting how it ended: the claim loop finds work,
 * the runner carries it out, the keeper loop holds on to it. Neither loop ever ends by an error: a store that fails is
 * tried again.
 */
export class StoreSession {
  readonly #parts: SessionParts;
  readonly #runner: Runner;
  readonly #claims: ClaimLoop;
  readonly #keeper: KeeperLoop;
  readonly #rescan: ZoneRescan;
  #unsubscribe: (() => void) | undefined;

  constructor(alias: string, store: JobStore, host: SessionHost) {
    this.#parts = sessionParts(alias, store, host);
    this.#runner = new Runner(this.#parts);
    this.#claims = new ClaimLoop(this.#parts, this.#runner);
    this.#keeper = new KeeperLoop(this.#parts, this.#runner);
    this.#rescan = new ZoneRescan(this.#parts, () => this.#claims.wake());
    this.#runner.onHeld = () => this.#keeper.stir();
    this.#runner.onQueued = () => this.#keeper.expectRuns();
    this.#runner.onOffered = () => this.offered();
    this.#runner.onFreed = (job) => this.#keeper.freed(job);
  }

  /** The lease that new instances begin with. */
  get leaseMs(): number {
    return this.#parts.leaseMs;
  }

  /** How many instances are held. */
  get running(): number {
    return this.#parts.held.size;
  }

  /** The store must have been started. */
  start(): void {
    this.#unsubscribe = this.#parts.store.subscribe(() => this.wake());
    this.#claims.start();
    this.#keeper.start();
    this.#rescan.start();
  }

  wake(): void {
    this.#claims.wake();
    if (this.#parts.store.shared) this.#keeper.wake();
  }

  /** Tells the store's other schedulers at once what this one has. */
  async announce(): Promise<void> {
    if (this.#parts.store.shared) await this.#keeper.heartbeat();
  }

  /** Holds and runs an instance that was opened by hand. */
  hold({ instanceId, token, job, runs, attempt }: TakenOver): void {
    const leaseEndsAt = this.#parts.host.clock.monotonic() + this.leaseMs;
    this.#runner.hold(new HeldInstance(instanceId, token, job, runs, attempt, leaseEndsAt));
  }

  /** A run that was asked for by hand waits in the store. */
  queued(instance: NewInstance, verdict: Queued): void {
    this.#runner.queued(instance, verdict);
  }

  /** A run is left to any scheduler; those of a shared store look for such runs anyway. */
  offered(): void {
    if (!this.#parts.store.shared) this.#keeper.expectRuns();
  }

  /** Aborts it if it is this scheduler's; true if it was. */
  abortExecution(executionId: string): boolean {
    return this.#runner.abortExecution(executionId);
  }

  /**
   * Stops claiming, waits up to `waitMs` for what runs, then aborts the rest: early runs end as `cancelled`, late ones
   * and the runs behind any of them are offered to other schedulers. What happened is written down before it resolves, unless the store is away.
   */
  async stop(waitMs: number): Promise<void> {
    const { store, host, reports, trouble } = this.#parts;
    this.#unsubscribe?.();
    const rescanned = this.#rescan.stop();
    this.#runner.endRetries();
    this.#keeper.endTakeovers();
    await this.#claims.stop();
    this.#runner.offerWaitingRetries();
    await this.#claims.releaseParked();
    await this.#runner.idle(waitMs);
    this.#runner.abortAll();
    await reports.flush();
    reports.giveUp();
    await this.#runner.givenBack();
    await this.#keeper.stop();
    await rescanned;
    if (store.shared) await trouble.bestEffort("forget this node", () => store.forgetNode(host.id));
  }
}
