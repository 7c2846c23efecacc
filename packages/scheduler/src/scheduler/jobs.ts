import { ConflictingIdError, JobSpecError, TaskNotFoundError } from "../core/errors.js";
import type { JobRecord } from "../core/job-record.js";
import { type JobDefaults, type JobSpec, STORE_DEFAULT, toRecord } from "../core/job-spec.js";
import type { JobStore } from "../core/job-store.js";
import { Job } from "./job.js";
import { kept } from "./keep-timetable.js";
import { untilWritten } from "./retry-on-conflict.js";
import type { SchedulerParts } from "./scheduler-context.js";
import { warnOf } from "./trigger-warnings.js";

/** Makes jobs of what was asked for, and puts them where they belong. */
export class JobAdder {
  constructor(
    private readonly parts: SchedulerParts,
    private readonly defaults: JobDefaults,
  ) {}

  /** Before the start the job is pending. */
  async add(spec: JobSpec): Promise<Job> {
    const { stores, pending, logger, keeper, isStopped } = this.parts;
    const alias = spec.store ?? STORE_DEFAULT;
    const store = stores.get(alias);
    this.#checkTask(spec, store);
    const record = this.#record(spec, await this.#now(store));
    warnOf(record, logger);
    if (isNothing(spec, record)) return new Job(record, alias, false, keeper);
    if (!isStopped()) return new Job(await this.#insert(alias, record, spec), alias, false, keeper);
    const job = pending.add(spec, record, alias);
    logger.info("Adding job tentatively -- it will be properly scheduled when the scheduler starts");
    return job;
  }

  /** Reads each store's clock once; answers how many. Stops at the first that is refused. */
  async addAll(specs: Iterable<JobSpec>): Promise<number> {
    const { stores, events, isStopped } = this.parts;
    const nowMs = new Map<string, number>();
    let count = 0;
    for (const spec of specs) {
      const alias = spec.store ?? STORE_DEFAULT;
      const store = stores.get(alias);
      if (isStopped() || spec.onConflict !== undefined) await this.add(spec);
      else {
        this.#checkTask(spec, store);
        if (!nowMs.has(alias)) nowMs.set(alias, await this.#now(store));
        const record = this.#record(spec, nowMs.get(alias)!);
        warnOf(record, this.parts.logger);
        if (isNothing(spec, record)) continue;
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

  /** At the start, pending jobs count from now: an interval's first run is one interval after the start. */
  addPending(): Promise<void> {
    const { stores, pending } = this.parts;
    return pending.settle(async ({ spec, job, record }) => {
      const store = stores.get(job.store);
      this.#checkTask(spec, store);
      const fresh = { ...this.#record(spec, await this.#now(store)), id: record.id };
      if (job.record === record && isNothing(spec, fresh)) return fresh;
      const touched = job.record !== record ? { ...job.record } : fresh;
      return this.#insert(job.store, touched, spec);
    });
  }

  #checkTask({ func }: JobSpec, store: JobStore): void {
    if (typeof func === "function") {
      if (!store.shared) return;
      const reason = "a shared store keeps names, not functions: registerTask(name, fn) and give the name";
      throw new JobSpecError("func", reason);
    }
    const { tasks, isStopped } = this.parts;
    if (!store.shared && !isStopped() && !tasks.has(func)) throw new TaskNotFoundError(func);
  }

  async #now(store: JobStore): Promise<number> {
    return this.parts.isStopped() ? this.parts.clock.now() : store.now();
  }

  #record(spec: JobSpec, nowMs: number): JobRecord {
    const { timezone, random, newId, tasks, logger } = this.parts;
    const around = { defaults: this.defaults, timezone, nowMs, random, newId, ...tasks.defaultsOf(spec.func) };
    const record = toRecord(spec, around);
    if (record.nextRunMs === null && spec.nextRunTime !== null) {
      const what = isNothing(spec, record) ? "is not added" : "is added without a next run";
      logger.warn(`Job "${record.name}" ${what}: ${record.trigger} has no run time left`);
    }
    return record;
  }

  #insert(alias: string, record: JobRecord, { onConflict = "error" }: JobSpec): Promise<JobRecord> {
    const { stores, logger, events } = this.parts;
    const { id, name } = record;
    const store = stores.get(alias);
    return untilWritten(id, this.parts, async () => {
      const existing = await store.insert(record);
      if (existing === undefined) {
        logger.info(`Added job "${name}" to job store "${alias}"`);
        events.emit("job:added", { jobId: id, store: alias });
        stores.wake(alias);
        return record;
      }
      if (onConflict === "error") throw new ConflictingIdError(id);
      const wanted = onConflict === "keep" ? kept(existing, record) : record;
      const updated = await store.update({ ...wanted, version: existing.version });
      if (updated === undefined) return undefined;
      events.emit("job:modified", { jobId: id, store: alias });
      stores.wake(alias);
      return updated;
    });
  }
}

/** A job that has no run left and no id by which it could be found: each start would leave another one in the store. */
function isNothing(spec: JobSpec, { nextRunMs }: JobRecord): boolean {
  return spec.id === undefined && nextRunMs === null && spec.nextRunTime !== null;
}
