import type { Clock, Logger } from "@headline/scheduler";
import type { ResultBackend } from "./result-backend.js";

export interface OverlapLeaseOptions {
  readonly task: string;
  readonly id: string;
  readonly leaseMs: number;
  readonly results: ResultBackend;
  /** Makes a waiting call due. */
  readonly promote: (id: string) => Promise<void>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Lease that a call holds among those of a task that do not overlap; renewed while its worker lives. */
export class OverlapLease {
  #timer: Disposable | undefined;
  #isReleased = false;

  constructor(private readonly options: OverlapLeaseOptions) {
    this.#renewLater();
  }

  /** Extends the lease until the call is delivered again at that moment, epoch ms. */
  async extendUntil(at: number | null): Promise<void> {
    const { task, id, leaseMs, results, clock } = this.options;
    this.#stop();
    const waitMs = Math.max(0, (at ?? 0) - clock.now());
    await results.extendLease(task, id, waitMs + leaseMs).catch(() => 0); // then it expires
  }

  /** Ends the lease; the waiting call begins. */
  async release(): Promise<void> {
    const { task, id, results, promote, logger } = this.options;
    this.#stop();
    try {
      const next = await results.releaseLease(task, id);
      if (next !== "") await promote(next);
    } catch {
      logger.debug(`The overlap lease of task ${task} was not passed on; the waiting call polls for it`);
    }
  }

  #renewLater(): void {
    const { task, id, leaseMs, results, clock } = this.options;
    this.#timer = clock.setTimer(leaseMs / 3, () => {
      void results
        .extendLease(task, id, leaseMs)
        .catch(() => 0) // renewed again before it expires
        .then(() => {
          if (!this.#isReleased) this.#renewLater();
        });
    });
  }

  #stop(): void {
    this.#isReleased = true;
    this.#timer?.[Symbol.dispose]();
  }
}
