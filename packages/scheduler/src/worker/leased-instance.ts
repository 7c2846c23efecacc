import type { JobRecord } from "../core/job-record.js";
import type { PlannedRun } from "../core/job-store.js";

/** An instance leased by this scheduler: its runs go one after the other, and its lease is renewed until the last has ended. */
export class LeasedInstance {
  /** Index in `runs` of the run under way. */
  index = 0;
  /** Index in `LeasedInstances`; -1 when it is not among them. */
  slot = -1;
  /** Run that an executor has; undefined while a retry waits. */
  active: { abort(reason: Error): void } | undefined;
  /** Timer of the next retry. */
  retryTimer: Disposable | undefined;
  /** True after the lease was lost or released: its outcome is not reported. */
  dropped = false;
  /** True after a report was refused: a run that has ended counts as open in the store. */
  unrecorded = false;
  /** Executions among the later runs that were asked to end. */
  readonly cancelled = new Set<string>();
  /** True while the end of the last run is being reported: the answer to the report decides, not a lost lease. */
  closing = false;

  constructor(
    readonly id: string,
    readonly token: number,
    readonly job: JobRecord,
    readonly runs: readonly PlannedRun[],
    /** Attempt of the run at `index`. */
    public attempt: number,
    /** End of the lease on the monotonic clock: until then no other scheduler can have reclaimed it. */
    public leaseEndsAt: number,
  ) {}

  get run(): PlannedRun {
    return this.runs[this.index]!;
  }

  get isLastRun(): boolean {
    return this.index === this.runs.length - 1;
  }
}

/** Leased instances in no order. An array with swap-removal: a Map keeps the entries that have passed through it alive. */
export class LeasedInstances {
  readonly #all: LeasedInstance[] = [];

  get size(): number {
    return this.#all.length;
  }

  add(instance: LeasedInstance): void {
    instance.slot = this.#all.length;
    this.#all.push(instance);
  }

  delete(instance: LeasedInstance): void {
    if (instance.slot < 0) return;
    const last = this.#all.pop()!;
    if (last !== instance) {
      this.#all[instance.slot] = last;
      last.slot = instance.slot;
    }
    instance.slot = -1;
  }

  all(): LeasedInstance[] {
    return [...this.#all];
  }

  /** Returns the instance with this execution among its runs. */
  findByExecution(executionId: string): LeasedInstance | undefined {
    return this.#all.find(({ runs }) => runs.some((run) => run.executionId === executionId));
  }
}
