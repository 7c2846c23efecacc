import type { JobRecord } from "../core/job-record.js";
import { withinLimit } from "../core/run-limit.js";
import type { ClaimFilter } from "./claim-filters.js";
import { grownFloats } from "./memory-arrays.js";
import { MemoryHeap } from "./memory-heap.js";

const NEVER = Number.NEGATIVE_INFINITY;
const FIRST_VERSION = 1;

export interface ClaimScope {
  readonly nowMs: number;
  readonly untilMs: number;
  readonly filters: readonly ClaimFilter[];
}

/**
 * Jobs in memory, each in a slot. A slot keeps the job's record, and in typed arrays the values that change with every
 * run, so that a move to the next run makes no garbage. The record is brought up to date when it is read.
 */
export class MemoryJobs {
  readonly #slots = new Map<string, number>();
  readonly #free: number[] = [];
  readonly #records: (JobRecord | undefined)[] = [];
  #versions = new Float64Array(0);
  #lastRuns = new Float64Array(0);
  /** Due jobs of each executor by next run, without claimed and paused ones. */
  readonly #due = new Map<string, MemoryHeap>();
  /** By the end of their leases. */
  readonly #claimed = new MemoryHeap();

  get size(): number {
    return this.#slots.size;
  }

  find(id: string): number | undefined {
    return this.#slots.get(id);
  }

  slots(): Iterable<number> {
    return this.#slots.values();
  }

  /** The record as it stands. */
  record(slot: number): JobRecord {
    const record = this.#records[slot]!;
    const version = this.#versions[slot]!;
    if (record.version === version) return record;
    const current = { ...record, nextRunMs: this.nextRun(slot), version };
    this.#records[slot] = current;
    return current;
  }

  /** Returns the parts of a job that do not change with every run, without an update of the record. */
  outline(slot: number): Omit<JobRecord, "nextRunMs" | "version"> {
    return this.#records[slot]!;
  }

  /** Returns the next run; a claimed job's is in its record, which is up to date since the claim. */
  nextRun(slot: number): number | null {
    const due = this.#dueOf(slot);
    return due.has(slot) ? due.keyOf(slot) : this.#records[slot]!.nextRunMs;
  }

  version(slot: number): number {
    return this.#versions[slot]!;
  }

  isClaimed(slot: number): boolean {
    return this.#claimed.has(slot);
  }

  /** True when the job is now the first of its executor that is due. */
  isFirst(slot: number): boolean {
    return this.#dueOf(slot).first === slot;
  }

  #dueOf(slot: number): MemoryHeap {
    const { executor } = this.#records[slot]!;
    let due = this.#due.get(executor);
    if (due === undefined) {
      due = new MemoryHeap();
      this.#due.set(executor, due);
    }
    return due;
  }

  /** Latest run time of the incarnation that was dispatched: later ones have not been executed. */
  lastRun(slot: number): number {
    return this.#lastRuns[slot]!;
  }

  ran(slot: number, scheduledAt: number): void {
    if (scheduledAt > this.#lastRuns[slot]!) this.#lastRuns[slot] = scheduledAt;
  }

  add(job: JobRecord, lastRun = NEVER): number {
    const slot = this.#free.pop() ?? this.#newSlot();
    this.#slots.set(job.id, slot);
    this.#records[slot] = job.version === FIRST_VERSION ? job : { ...job, version: FIRST_VERSION };
    this.#versions[slot] = FIRST_VERSION;
    this.#lastRuns[slot] = lastRun;
    this.settle(slot);
    return slot;
  }

  /** Replaces a job with a changed one, which has the next version and ends any claim. */
  replace(slot: number, job: JobRecord, lastRun = NEVER): void {
    this.#dueOf(slot).remove(slot);
    this.#records[slot] = job;
    this.#versions[slot] = job.version;
    this.#lastRuns[slot] = lastRun;
    this.settle(slot);
  }

  /** Ends the lease and puts the job where its next run belongs. */
  settle(slot: number): void {
    this.#claimed.remove(slot);
    const { nextRunMs } = this.#records[slot]!;
    const due = this.#dueOf(slot);
    if (nextRunMs === null) due.remove(slot);
    else due.place(slot, nextRunMs);
  }

  remove(slot: number): void {
    this.#dueOf(slot).remove(slot);
    this.#claimed.remove(slot);
    this.#slots.delete(this.#records[slot]!.id);
    this.#records[slot] = undefined;
    this.#free.push(slot);
  }

  removeAll(): void {
    for (const due of this.#due.values()) due.clear();
    this.#claimed.clear();
    this.#slots.clear();
    this.#records.length = 0;
    this.#free.length = 0;
  }

  /** Claims due jobs of the filters, the earliest first; returns also when the next one is due. */
  claimDue({ nowMs, untilMs, filters }: ClaimScope): { readonly jobs: JobRecord[]; readonly nextDueMs: number } {
    this.#endLeases(nowMs);
    const jobs: JobRecord[] = [];
    let nextDueMs = this.#claimed.firstKey;
    for (const filter of filters) nextDueMs = Math.min(nextDueMs, this.#claimFrom(filter, nowMs, untilMs, jobs));
    if (filters.length > 1) jobs.sort((a, b) => a.nextRunMs! - b.nextRunMs!);
    return { jobs, nextDueMs };
  }

  /** Claims due jobs of one filter; returns when its next job is due. */
  #claimFrom({ executor, limit, tasks }: ClaimFilter, nowMs: number, untilMs: number, jobs: JobRecord[]): number {
    const heaps = executor === undefined ? [...this.#due.values()] : [this.#due.get(executor)];
    const known = tasks === undefined ? undefined : new Set<JobRecord["func"]>(tasks);
    const unknown: { readonly slot: number; readonly nextRunMs: number }[] = [];
    for (let claimed = 0; claimed < limit; ) {
      const due = earliestOf(heaps);
      if (due === undefined || due.firstKey > nowMs) break;
      const slot = due.first!;
      const nextRunMs = due.firstKey;
      due.remove(slot);
      if (known !== undefined && !known.has(this.outline(slot).func)) unknown.push({ slot, nextRunMs });
      else {
        jobs.push(this.#claim(slot, nextRunMs, untilMs));
        claimed++;
      }
    }
    const nextDueMs = earliestOf(heaps)?.firstKey ?? Number.POSITIVE_INFINITY;
    for (const { slot, nextRunMs } of unknown) this.#dueOf(slot).place(slot, nextRunMs);
    return nextDueMs;
  }

  #claim(slot: number, nextRunMs: number, untilMs: number): JobRecord {
    const version = this.#versions[slot]! + 1;
    const record = { ...this.#records[slot]!, nextRunMs, version };
    this.#versions[slot] = version;
    this.#records[slot] = record;
    this.#claimed.place(slot, untilMs);
    return record;
  }

  /** Makes jobs with an expired lease due again. */
  #endLeases(nowMs: number): void {
    while (this.#claimed.firstKey <= nowMs) this.settle(this.#claimed.first!);
  }

  /** Moves a claimed job to its next run. */
  advance(slot: number, nextRunMs: number): void {
    this.#versions[slot]!++;
    this.#claimed.remove(slot);
    this.#dueOf(slot).place(slot, nextRunMs);
  }

  /** Moves a claimed job and sets its run count; at the limit it has no next run. */
  count(slot: number, nextRunMs: number, runCount: number): void {
    const record = { ...this.#records[slot]!, nextRunMs, runCount, version: this.#versions[slot]! + 1 };
    this.replace(slot, withinLimit(record), this.#lastRuns[slot]!);
  }

  #newSlot(): number {
    const slot = this.#records.length;
    this.#records.push(undefined);
    if (slot >= this.#versions.length) {
      this.#versions = grownFloats(this.#versions, slot + 1, 0);
      this.#lastRuns = grownFloats(this.#lastRuns, slot + 1, NEVER);
    }
    return slot;
  }
}

function earliestOf(heaps: readonly (MemoryHeap | undefined)[]): MemoryHeap | undefined {
  let earliest: MemoryHeap | undefined;
  for (const heap of heaps) {
    if (heap !== undefined && heap.size > 0 && (earliest === undefined || heap.firstKey < earliest.firstKey))
      earliest = heap;
  }
  return earliest;
}
