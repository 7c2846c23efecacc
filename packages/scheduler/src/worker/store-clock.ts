import type { Clock } from "../core/clock.js";
import type { JobStore } from "../core/job-store.js";

/** The store's time, as well as it is known here without asking. */
export class StoreTime {
  /** The store's clock minus the monotonic one, as of the last answer. */
  #offsetMs = 0;

  constructor(
    private readonly store: JobStore,
    private readonly clock: Clock,
  ) {}

  now(): number {
    if (!this.store.shared) {
      const now = this.store.now();
      if (typeof now === "number") return now;
    }
    return Math.floor(this.clock.monotonic() + this.#offsetMs);
  }

  /** The store said that it is `nowMs`, in answer to what was asked at `askedAt` of the monotonic clock. */
  heard(nowMs: number, askedAt: number): void {
    this.#offsetMs = nowMs - (askedAt + this.clock.monotonic()) / 2;
  }
}
