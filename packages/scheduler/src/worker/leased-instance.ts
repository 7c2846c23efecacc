import type { JobRecord } from "../core/job-record.js";
import type { PlannedRun } from "../core/job-store.js";

/** An instance this scheduler holds: its runs go one after the other, and its lease is renewed until the last has ended. */
export class HeldInstance {
  /** The run under way, as an index of `runs`. */
  index = 0;
  /** Where it stands in its `HeldInstances`. */
  slot = -1;
  /** The run that an executor has now; undefined while a retry waits. */
  active: { abort(reason: Error): void } | undefined;
  /** Ends the wait before a retry. */
  retryTimer: Disposable | undefined;
  /** The lease was lost, or the instance was given away: whatever still comes of it is nobody's news. */
  dropped = false;
  /** A report of it was not recorded: a run that has ended counts as open in the store. */
  unrecorded = false;
  /** Executions among the runs to come that were asked to end. */
  readonly cancelled = new Set<string>();
  /** The end of the last run is being written down: whether that counts is the store's answer to it. */
  closing = false;

  constructor(
    readonly id: string,
    readonly token: number,
    readonly job: JobRecord,
    readonly runs: readonly PlannedRun[],
    /** Of the run at `index`. */
    public attempt: number,
    /** On the monotonic clock: until then nobody else can have taken it. */
    public leaseEndsAt: number,
  ) {}

  get run(): PlannedRun {
    return this.runs[this.index]!;
  }

  get isLastRun(): boolean {
    return this.index === this.runs.length - 1;
  }
}

/** Instances in no particular order. An array with swap-removal: a Map through which things pass keeps what has passed alive. */
export class HeldInstances {
  readonly #all: HeldInstance[] = [];

  get size(): number {
    return this.#all.length;
  }

  add(held: HeldInstance): void {
    held.slot = this.#all.length;
    this.#all.push(held);
  }

  delete(held: HeldInstance): void {
    if (held.slot < 0) return;
    const last = this.#all.pop()!;
    if (last !== held) {
      this.#all[held.slot] = last;
      last.slot = held.slot;
    }
    held.slot = -1;
  }

  all(): HeldInstance[] {
    return [...this.#all];
  }

  find(instanceId: string): HeldInstance | undefined {
    return this.#all.find((held) => held.id === instanceId);
  }
}
