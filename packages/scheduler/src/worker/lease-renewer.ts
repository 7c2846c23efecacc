import type { JobRecord } from "../core/job-record.js";
import type { ClaimLane, SchedulerNode, TakenOver } from "../core/job-store.js";
import { claimLanes } from "./claim-lanes.js";
import { HeldInstance } from "./leased-instance.js";
import { Pacer } from "./loop.js";
import { OrphanWatch } from "./orphan-detector.js";
import type { Runner } from "./runner.js";
import type { SessionParts } from "./worker-context.js";

/** How many leases one call renews, and how many runs one takes over. */
const BATCH = 200;
/** While something runs, how often to look whether it runs for long. */
const WATCH_MS = 250;
const HEARTBEAT_MS = 5_000;
const ORPHANS_EVERY_MS = 5_000;
const REAP_EVERY_MS = 1_000;
const SOON_MS = 20;

/** Keeps leases alive, takes over what others dropped, and shows that this scheduler lives. */
export class KeeperLoop {
  readonly #parts: SessionParts;
  readonly #runner: Runner;
  readonly #pacer: Pacer;
  readonly #orphans: OrphanWatch;
  #mayTakeOver = true;
  #stopped = false;
  #nextReap = 0;
  /** Runs wait for a place in the store, or in one of this process are left to any scheduler, as far as is known here. */
  #isWaiting = true;
  /** It sleeps long because nothing is held. */
  #rests = false;
  #loop: Promise<void> | undefined;
  #heartbeat: Promise<void> = Promise.resolve();

  constructor(parts: SessionParts, runner: Runner) {
    this.#parts = parts;
    this.#runner = runner;
    this.#pacer = new Pacer(parts.host.clock);
    this.#orphans = new OrphanWatch(parts);
  }

  start(): void {
    this.#loop = this.#run();
  }

  wake(): void {
    this.#pacer.wake();
  }

  /** Something is held: it must not sleep for long any more. */
  stir(): void {
    if (!this.#rests) return;
    this.#rests = false;
    this.#pacer.wake();
  }

  /** A run waits for a place, which may be free already, or for any scheduler. */
  expectRuns(): void {
    this.#isWaiting = true;
    this.#lookNow();
  }

  /** An instance has ended: what waits for its place is started at once. */
  freed({ overlap }: JobRecord): void {
    if (this.#isWaiting || (overlap !== "skip" && this.#parts.store.shared)) this.#lookNow();
  }

  #lookNow(): void {
    this.#nextReap = 0;
    this.#rests = false;
    this.#pacer.wake();
  }

  endTakeovers(): void {
    this.#mayTakeOver = false;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#pacer.wake();
    await this.#loop;
    await this.#heartbeat;
  }

  async #run(): Promise<void> {
    const { store, host, leaseMs, pollMs, held } = this.#parts;
    let nextRenewal = 0;
    let nextHeartbeat = 0;
    let nextOrphans = host.clock.monotonic() + ORPHANS_EVERY_MS;
    while (!this.#stopped) {
      if (store.shared) {
        const now = host.clock.monotonic();
        if (now >= nextRenewal) {
          // One that failed is tried again soon: four in a row that fail must not cost a lease.
          nextRenewal = now + leaseMs / ((await this.#renew()) ? 4 : 16);
        }
        if (now >= nextHeartbeat) {
          await this.heartbeat();
          nextHeartbeat = now + HEARTBEAT_MS;
        }
      }
      if (store.shared || this.#isWaiting) await this.#reapInTime();
      if (host.clock.monotonic() >= nextOrphans) {
        await this.#watchOrphans();
        nextOrphans = host.clock.monotonic() + ORPHANS_EVERY_MS;
      }
      this.#runner.announceLongRuns();
      if (this.#stopped) return;
      this.#rests = held.size === 0 && !this.#isWaiting;
      const quiet = held.size > 0 ? WATCH_MS : store.shared || this.#isWaiting ? REAP_EVERY_MS : pollMs;
      await this.#pacer.sleep(Math.min(quiet, leaseMs / 4));
    }
  }

  /** False when leases could not be renewed. */
  async #renew(): Promise<boolean> {
    const { held, trouble } = this.#parts;
    const all = held.all().filter(({ dropped }) => !dropped);
    let isDone = true;
    for (let from = 0; from < all.length; from += BATCH) {
      try {
        await this.#renewGroup(all.slice(from, from + BATCH));
      } catch (error) {
        trouble.failed("renew leases", error);
        isDone = false;
      }
    }
    return isDone;
  }

  async #renewGroup(group: readonly HeldInstance[]): Promise<void> {
    const { store, host, leaseMs } = this.#parts;
    const askedAt = host.clock.monotonic();
    const keys = group.map((held) => ({ instanceId: held.id, token: held.token }));
    const { lost, cancel } = await store.renew(keys, leaseMs);
    const gone = new Set(lost);
    for (const held of group) {
      if (!gone.has(held.id)) held.leaseEndsAt = askedAt + leaseMs;
      else if (held.slot >= 0 && !held.closing) this.#runner.leaseLost(held);
    }
    for (const executionId of cancel) this.#runner.abortExecution(executionId);
  }

  async #reapInTime(): Promise<void> {
    const { host } = this.#parts;
    const now = host.clock.monotonic();
    if (now < this.#nextReap || !this.#mayTakeOver || host.paused()) return;
    this.#nextReap = Number.POSITIVE_INFINITY; // unless a place becomes free meanwhile
    const waitMs = await this.#reap();
    this.#nextReap = Math.min(this.#nextReap, now + waitMs);
  }

  /** Takes over what dead schedulers dropped and starts what has waited for a place; answers when to look again, ms. */
  async #reap(): Promise<number> {
    const { host, trouble, store } = this.#parts;
    let waitMs = REAP_EVERY_MS;
    try {
      const lanes = claimLanes(host, { most: BATCH, isShared: store.shared });
      if (lanes.length > 0) this.#isWaiting = false;
      for (const lane of lanes) {
        waitMs = Math.min(waitMs, await this.#reapLane(lane));
      }
      return waitMs;
    } catch (error) {
      return trouble.failed("look for runs to take over", error);
    }
  }

  async #reapLane(lane: ClaimLane): Promise<number> {
    const { store, host, leaseMs, news } = this.#parts;
    const reaped = await store.reap({
      owner: host.id,
      leaseMs,
      limit: lane.room,
      lanes: [lane],
      acks: host.taskAcks(),
    });
    const isLeft = !store.shared && reaped.nextExpiryMs !== null && reaped.nextExpiryMs <= reaped.nowMs;
    this.#isWaiting ||= isLeft || reaped.waiting === true;
    for (const execution of reaped.lost) news.lost(execution);
    for (const instance of reaped.takenOver) this.#takeOver(instance);
    if (reaped.nextExpiryMs === null) return REAP_EVERY_MS;
    return Math.min(REAP_EVERY_MS, Math.max(SOON_MS, reaped.nextExpiryMs - reaped.nowMs + 1));
  }

  #takeOver(instance: TakenOver): void {
    if (instance.runs.length === 0) return;
    const { host, leaseMs, news } = this.#parts;
    const { instanceId, token, job, runs, attempt } = instance;
    news.tookOver(instance);
    const leaseEndsAt = host.clock.monotonic() + leaseMs;
    this.#runner.hold(new HeldInstance(instanceId, token, host.settled(job), runs, attempt, leaseEndsAt));
  }

  /** Shows others that this scheduler lives, and what it has. One after the other: an earlier one must not be written last. */
  heartbeat(): Promise<void> {
    const { store, trouble } = this.#parts;
    this.#heartbeat = this.#heartbeat.then(() =>
      trouble.bestEffort("heartbeat", () => store.heartbeat({ ...this.#self(), seenAt: 0 })),
    );
    return this.#heartbeat;
  }

  async #watchOrphans(): Promise<void> {
    const { trouble, host } = this.#parts;
    if (!host.paused())
      await trouble.bestEffort("look for jobs that none can run", () => this.#orphans.look(this.#self()));
  }

  #self(): Omit<SchedulerNode, "seenAt"> {
    const { host, held } = this.#parts;
    return { id: host.id, ...host.node(), running: held.size };
  }
}
