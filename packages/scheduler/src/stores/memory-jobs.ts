import type { JobRecord } from "../core/job-record.js";
import { withinLimit } from "../core/run-limit.js";
import type { Lane } from "./lanes.js";
import { grownFloats } from "./memory-arrays.js";
import { MemoryHeap } from "./memory-heap.js";

const NEVER = Number.NEGATIVE_INFINITY;
const FIRST_VERSION = 1;

export interface Lending {
  readonly nowMs: number;
  readonly untilMs: number;
  readonly lanes: readonly Lane[];
}

/**
 * The jobs, each in a slot. A slot keeps the record it was given, and beside it in typed arrays what changes with every
 * run, so that a move to the next run makes no garbage. The record is brought up to date when somebody asks for it.
 */
export class MemoryJobs {
  readonly #slots = new Map<string, number>();
  readonly #free: number[] = [];
  readonly #records: (JobRecord | undefined)[] = [];
  #versions = new Float64Array(0);
  #lastRuns = new Float64Array(0);
  /** Of each executor by next run; without those that are lent or paused. */
  readonly #due = new Map<string, MemoryHeap>();
  /** By the end of their leases. */
  readonly #lent = new MemoryHeap();

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

  /** What does not change with every run can be read without bringing the record up to date. */
  outline(slot: number): Omit<JobRecord, "nextRunMs" | "version"> {
    return this.#records[slot]!;
  }

  /** While a job is lent its record is up to date, for it was lent with it. */
  nextRun(slot: number): number | null {
    const due = this.#dueOf(slot);
    return due.has(slot) ? due.keyOf(slot) : this.#records[slot]!.nextRunMs;
  }

  version(slot: number): number {
    return this.#versions[slot]!;
  }

  isLent(slot: number): boolean {
    return this.#lent.has(slot);
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

  /** Of its incarnation, the latest run time that was dispatched: what is later has surely not been executed. */
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

  /** Puts a changed job, which has its next version, in the place of the old one; whoever had claimed it has not any more. */
  replace(slot: number, job: JobRecord, lastRun = NEVER): void {
    this.#dueOf(slot).remove(slot);
    this.#records[slot] = job;
    this.#versions[slot] = job.version;
    this.#lastRuns[slot] = lastRun;
    this.settle(slot);
  }

  /** Ends the lease and puts the job where its next run belongs. */
  settle(slot: number): void {
    this.#lent.remove(slot);
    const { nextRunMs } = this.#records[slot]!;
    const due = this.#dueOf(slot);
    if (nextRunMs === null) due.remove(slot);
    else due.place(slot, nextRunMs);
  }

  remove(slot: number): void {
    this.#dueOf(slot).remove(slot);
    this.#lent.remove(slot);
    this.#slots.delete(this.#records[slot]!.id);
    this.#records[slot] = undefined;
    this.#free.push(slot);
  }

  removeAll(): void {
    for (const due of this.#due.values()) due.clear();
    this.#lent.clear();
    this.#slots.clear();
    this.#records.length = 0;
    this.#free.length = 0;
  }

  /** Lends what is due and runnable in one of the lanes, the earliest first; answers also when the next one is due. */
  lendDue({ nowMs, untilMs, lanes }: Lending): { readonly jobs: JobRecord[]; readonly nextDueMs: number } {
    this.#endLeases(nowMs);
    const jobs: JobRecord[] = [];
    let nextDueMs = this.#lent.firstKey;
    for (const lane of lanes) nextDueMs = Math.min(nextDueMs, this.#lendFrom(lane, nowMs, untilMs, jobs));
    if (lanes.length > 1) jobs.sort((a, b) => a.nextRunMs! - b.nextRunMs!);
    return { jobs, nextDueMs };
  }

  /** Answers when the next job of the lane is due. */
  #lendFrom({ executor, limit, tasks }: Lane, nowMs: number, untilMs: number, jobs: JobRecord[]): number {
    const heaps = executor === undefined ? [...this.#due.values()] : [this.#due.get(executor)];
    const known = tasks === undefined ? undefined : new Set<JobRecord["func"]>(tasks);
    const unknown: { readonly slot: number; readonly nextRunMs: number }[] = [];
    for (let lent = 0; lent < limit; ) {
      const due = earliestOf(heaps);
      if (due === undefined || due.firstKey > nowMs) break;
      const slot = due.first!;
      const nextRunMs = due.firstKey;
      due.remove(slot);
      if (known !== undefined && !known.has(this.outline(slot).func)) unknown.push({ slot, nextRunMs });
      else {
        jobs.push(this.#lend(slot, nextRunMs, untilMs));
        lent++;
      }
    }
    const nextDueMs = earliestOf(heaps)?.firstKey ?? Number.POSITIVE_INFINITY;
    for (const { slot, nextRunMs } of unknown) this.#dueOf(slot).place(slot, nextRunMs);
    return nextDueMs;
  }

  #lend(slot: number, nextRunMs: number, untilMs: number): JobRecord {
    const version = this.#versions[slot]! + 1;
    const record = { ...this.#records[slot]!, nextRunMs, version };
    this.#versions[slot] = version;
    this.#records[slot] = record;
    this.#lent.place(slot, untilMs);
    return record;
  }

  /** Puts the jobs whose leases have ended among the due ones again. */
  #endLeases(nowMs: number): void {
    while (this.#lent.firstKey <= nowMs) this.settle(this.#lent.first!);
  }

  /** Moves a lent job to its next run. */
  advance(slot: number, nextRunMs: number): void {
    this.#versions[slot]!++;
    this.#lent.remove(slot);
    this.#dueOf(slot).place(slot, nextRunMs);
  }

  /** The same with the number of its runs; without a next run when that is the last one it may have. */
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
