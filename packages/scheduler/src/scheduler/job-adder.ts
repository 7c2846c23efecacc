import { ConflictingIdError, JobSpecError, TaskNotFoundError } from "../core/errors.js";
import type { JobDefaults } from "../core/job-policy.js";
import type { JobRecord } from "../core/job-record.js";
import { type JobSpec, STORE_DEFAULT } from "../core/job-spec.js";
import type { JobStore } from "../core/job-store.js";
import { newJob } from "../core/new-job.js";
import { Job } from "./job.js";
import { keepTimetable } from "./keep-timetable.js";
import { retryOnConflict } from "./retry-on-conflict.js";
import type { SchedulerContext } from "./scheduler-context.js";
import { logTriggerWarnings } from "./trigger-warnings.js";

/** Adds jobs to the stores of a scheduler, or to its pending ones before the start. */
export class JobAdder {
  constructor(
    private readonly context: SchedulerContext,
    private readonly defaults: JobDefaults,
  ) {}

  async add(spec: JobSpec): Promise<Job> {
    const { stores, pending, logger, jobHost, isStopped } = this.context;
    const alias = spec.store ?? STORE_DEFAULT;
    const store = stores.get(alias);
    this.#checkTask(spec, store);
    const record = this.#newJob(spec, await this.#now(store));
    logTriggerWarnings(record, logger);
    if (isUnreachable(spec, record)) return new Job(record, alias, false, jobHost);
    if (!isStopped()) return new Job(await this.#insert(alias, record, spec), alias, false, jobHost);
    const job = pending.add(spec, record, alias);
    logger.info("Adding job tentatively -- it will be properly scheduled when the scheduler starts");
    return job;
  }

  /** Adds many jobs, reading each store's clock once; returns their number. Stops at the first that is refused. */
  async addAll(specs: Iterable<JobSpec>): Promise<number> {
    const { stores, events, logger, isStopped } = this.context;
    const nowMs = new Map<string, number>();
    let count = 0;
    for (const spec of specs) {
      const alias = spec.store ?? STORE_DEFAULT;
      const store = stores.get(alias);
      if (isStopped() || spec.onConflict !== undefined) await this.add(spec);
      else {
        this.#checkTask(spec, store);
        if (!nowMs.has(alias)) nowMs.set(alias, await this.#now(store));
        const record = this.#newJob(spec, nowMs.get(alias)!);
        logTriggerWarnings(record, logger);
        if (isUnreachable(spec, record)) continue;
        const inserted = store.insert(record);
        const existing = inserted instanceof Promise ? await inserted : inserted;
        if (existing !== undefined) throw new ConflictingIdError(record.id);
        if (events.wants("job:added")) events.emit("job:added", { jobId: record.id, store: alias });
      }
      count++;
    }
    stores.wake();
    return count;
  }

  /** Stores the pending jobs at the start, counted from now: an interval's first run is one interval after the start. */
  addPending(): Promise<void> {
    const { stores, pending } = this.context;
    return pending.settle(async ({ spec, job, record }) => {
      const store = stores.get(job.store);
      this.#checkTask(spec, store);
      const fresh = { ...this.#newJob(spec, await this.#now(store)), id: record.id };
      if (job.record === record && isUnreachable(spec, fresh)) return fresh;
      const changed = job.record !== record ? { ...job.record } : fresh;
      return this.#insert(job.store, changed, spec);
    });
  }

  #checkTask({ func }: JobSpec, store: JobStore): void {
    if (typeof func === "function") {
      if (!store.shared) return;
      const reason = "a shared store keeps names, not functions: registerTask(name, fn) and give the name";
      throw new JobSpecError("func", reason);
    }
    const { tasks, isStopped } = this.context;
    if (!store.shared && !isStopped() && !tasks.has(func)) throw new TaskNotFoundError(func);
  }

  async #now(store: JobStore): Promise<number> {
    return this.context.isStopped() ? this.context.clock.now() : store.now();
  }

  #newJob(spec: JobSpec, nowMs: number): JobRecord {
    const { timezone, random, newId, tasks, logger } = this.context;
    const record = newJob(spec, {
      ...{ defaults: this.defaults, timezone, nowMs, random, newId },
      ...tasks.defaultsOf(spec.func),
    });
    if (record.nextRunMs === null && spec.nextRunTime !== null) {
      const effect = isUnreachable(spec, record) ? "is not added" : "is added without a next run";
      logger.warn(`Job "${record.name}" ${effect}: ${record.trigger} has no run time left`);
    }
    return record;
  }

  #insert(alias: string, record: JobRecord, { onConflict = "error" }: JobSpec): Promise<JobRecord> {
    const { stores, logger, events } = this.context;
    const { id, name } = record;
    const store = stores.get(alias);
    return retryOnConflict(id, this.context, async () => {
      const existing = await store.insert(record);
      if (existing === undefined) {
        logger.info(`Added job "${name}" to job store "${alias}"`);
        events.emit("job:added", { jobId: id, store: alias });
        stores.wake(alias);
        return record;
      }
      if (onConflict === "error") throw new ConflictingIdError(id);
      const wanted = onConflict === "keep" ? keepTimetable(existing, record) : record;
      const updated = await store.update({ ...wanted, version: existing.version });
      if (updated === undefined) return undefined;
      events.emit("job:modified", { jobId: id, store: alias });
      stores.wake(alias);
      return updated;
    });
  }
}

/** True for a job with no run left and no id by which it could be found: each start would add another one. */
function isUnreachable(spec: JobSpec, { nextRunMs }: JobRecord): boolean {
  return spec.id === undefined && nextRunMs === null && spec.nextRunTime !== null;
}
