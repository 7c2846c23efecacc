import type { Clock, Logger } from "@headline/scheduler";
import type { ResultBackend } from "./result-backend.js";

export interface TaskPlaceParts {
  readonly task: string;
  readonly id: string;
  readonly leaseMs: number;
  readonly results: ResultBackend;
  /** Lets a call that waits begin. */
  readonly promote: (id: string) => Promise<void>;
  readonly app: { readonly clock: Clock; readonly logger: Logger };
}

/** The place that a call has among those of a task that do not overlap: leased as long as its worker lives. */
export class TaskPlace {
  #timer: Disposable | undefined;
  #isLeft = false;

  constructor(private readonly parts: TaskPlaceParts) {
    this.#renewLater();
  }

  /** Keeps it until the call comes back at that moment (or soon). */
  async keepUntil(at: number | null): Promise<void> {
    const { task, id, leaseMs, results, app } = this.parts;
    this.#stop();
    const waitMs = Math.max(0, (at ?? 0) - app.clock.now());
    await results.keepPlace(task, id, waitMs + leaseMs).catch(() => 0); // then it ends with its lease
  }

  /** The call has ended: the one that waits begins. */
  async leave(): Promise<void> {
    const { task, id, results, promote, app } = this.parts;
    this.#stop();
    try {
      const next = await results.leavePlace(task, id);
      if (next !== "") await promote(next);
    } catch {
      app.logger.debug(`The place of task ${task} was not given on; what waits looks for itself`);
    }
  }

  #renewLater(): void {
    const { task, id, leaseMs, results, app } = this.parts;
    this.#timer = app.clock.setTimer(leaseMs / 3, () => {
      void results
        .keepPlace(task, id, leaseMs)
        .catch(() => 0) // it is tried again, and the lease is longer
        .then(() => {
          if (!this.#isLeft) this.#renewLater();
        });
    });
  }

  #stop(): void {
    this.#isLeft = true;
    this.#timer?.[Symbol.dispose]();
  }
}
