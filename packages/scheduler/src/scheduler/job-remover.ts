import { JobNotFoundError } from "../core/errors.js";
import type { SchedulerParts } from "./scheduler-context.js";

/** Removes jobs from the stores, and from among those that wait for the start. */
export class JobRemover {
  constructor(private readonly parts: SchedulerParts) {}

  /** From that store, or from the first that has it. */
  async remove(id: string, store?: string): Promise<void> {
    const { pending, stores, logger, events, isStopped } = this.parts;
    const waiting = pending.find(id, store);
    if (waiting !== undefined) {
      pending.remove(waiting);
      return;
    }
    for (const alias of isStopped() ? [] : stores.aliases(store)) {
      if (!(await stores.get(alias).remove(id))) continue;
      logger.info(`Removed job ${id}`);
      events.emit("job:removed", { jobId: id, store: alias });
      return;
    }
    throw new JobNotFoundError(id);
  }

  /** Answers how many. */
  async removeAll(store?: string): Promise<number> {
    const { pending, stores, events, isStopped } = this.parts;
    let count = pending.removeAll(store);
    for (const alias of isStopped() ? [] : stores.aliases(store)) count += await stores.get(alias).removeAll();
    events.emit("jobs:removed", { store });
    return count;
  }
}
