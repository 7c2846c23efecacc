import type { Clock } from "../core/clock.js";
import type { JobStore } from "../core/job-store.js";

/** Store's clock, estimated from its last answer without a call. */
export class StoreClock {
  /** Store time minus monotonic time, as of the last answer. */
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

  /** Records that the store returned `nowMs` for a call that was sent at `sentAt` of the monotonic clock. */
  synchronize(nowMs: number, sentAt: number): void {
    this.#offsetMs = nowMs - (sentAt + this.clock.monotonic()) / 2;
  }
}
