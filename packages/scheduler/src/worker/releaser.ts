import type { ActiveRun } from "./active-run.js";
import type { LeasedInstance } from "./leased-instance.js";
import { toReport } from "./run-report.js";
import type { WorkerContext } from "./worker-context.js";

/** Releases instances before their leases end, so that any scheduler, this one included, may reclaim them at once. */
export class Releaser {
  readonly #releasing = new Set<Promise<void>>();

  constructor(
    private readonly context: WorkerContext,
    private readonly onReleased: () => void,
  ) {}

  /**
   * Releases an instance once the ends of its earlier runs are recorded, because its next owner starts each run that is
   * open; `started` is the run under way, which begins its next attempt there. Does not wait.
   */
  release(instance: LeasedInstance, started?: ActiveRun): void {
    const { store, clock, backoff, reports } = this.context;
    const released = backoff.bestEffort("release a run", async () => {
      await reports.settled();
      if (instance.unrecorded) return;
      if (started !== undefined) {
        const update = { state: "submitted", attempt: started.attempt + 1, last: false } as const;
        await store.report([toReport(started, update, clock.now())]);
      }
      await store.releaseInstances([{ instanceId: instance.id, token: instance.token }]);
      this.onReleased();
    });
    this.#releasing.add(released);
    void released.then(() => this.#releasing.delete(released));
  }

  /** Resolves when all instances passed to `release` are released. */
  async settled(): Promise<void> {
    await Promise.all(this.#releasing);
  }
}
