import type { JobRecord } from "../core/job-record.js";
import type { Claims, Decision, Verdict } from "../core/job-store.js";
import { limitedRuns, runCountAfter } from "../core/run-limit.js";
import { isUnderOldRules } from "../core/zone-stamp.js";
import { claimLanes } from "./claim-lanes.js";
import { type DueRuns, dueRuns, isMisfire } from "./due-runs.js";
import { HeldInstance } from "./leased-instance.js";
import { Pacer } from "./loop.js";
import { setTriggerAside } from "./pause-broken-job.js";
import type { Runner } from "./runner.js";
import type { SessionParts } from "./worker-context.js";

/** How many jobs one claim asks for. */
const BATCH = 200;
/** How soon to look again when no executor has room, should none say that it has. */
const CAPACITY_MS = 20;
const NEVER = Number.POSITIVE_INFINITY;

/** A claimed job whose executor has no room. */
interface Parked {
  readonly job: JobRecord;
  readonly untilMonotonic: number;
}

/** Claims what is due, decides which run times that means, has the store write that down, and starts them. */
export class ClaimLoop {
  readonly #parts: SessionParts;
  readonly #runner: Runner;
  readonly #pacer: Pacer;
  /** They wait here, so that others' jobs behind them do not. */
  #parked: Parked[] = [];
  #stopping = false;
  #loop: Promise<void> | undefined;

  constructor(parts: SessionParts, runner: Runner) {
    this.#parts = parts;
    this.#runner = runner;
    this.#pacer = new Pacer(parts.host.clock);
  }

  start(): void {
    this.#loop = this.#run();
  }

  wake(): void {
    this.#pacer.wake();
  }

  /** Resolves when nothing more will be started. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#pacer.wake();
    await this.#loop;
  }

  async releaseParked(): Promise<void> {
    await this.#release(this.#parked.splice(0).map(({ job }) => job));
  }

  async #run(): Promise<void> {
    while (!this.#stopping) {
      const waitMs = await this.#pass();
      if (this.#stopping) return;
      // In steps that the clock's jumps cannot stretch: a wall clock set forward ends the sleep early.
      if (waitMs > 0) await this.#pacer.sleep(Math.min(waitMs, this.#parts.pollMs));
    }
  }

  /** One round; answers how long there is nothing to do. */
  async #pass(): Promise<number> {
    const { store, host, leaseMs, pollMs, time, trouble, news } = this.#parts;
    if (host.paused()) return pollMs;
    const parkedWork = this.#takeUnparked();
    if (parkedWork.length > 0) await this.#process(parkedWork, time.now());
    const lanes = claimLanes(host, { most: BATCH, isShared: store.shared });
    this.#listenForRoom();
    if (lanes.length === 0 || this.#parked.length >= BATCH) return CAPACITY_MS;
    try {
      const askedAt = host.clock.monotonic();
      const answer = store.claimDue({
        owner: host.id,
        leaseMs,
        limit: BATCH * lanes.length,
        lanes,
      });
      const claims = answer instanceof Promise ? await answer : answer;
      time.heard(claims.nowMs, askedAt);
      trouble.worked();
      news.broken(claims);
      const { current, dueMs } = await this.#moveToOwnRules(claims);
      const nextOfThese = current.length > 0 ? await this.#process(current, claims.nowMs) : NEVER;
      return Math.max(0, Math.min(claims.nextDueMs ?? NEVER, nextOfThese, dueMs) - time.now());
    } catch (error) {
      return trouble.failed("claim due jobs", error);
    }
  }

  /** Jobs whose next run older rules of a time zone made are moved, which ends the claim; those due even so are claimed again. */
  async #moveToOwnRules({ jobs, nowMs }: Claims): Promise<{ current: readonly JobRecord[]; dueMs: number }> {
    const old = jobs.filter((job) => isUnderOldRules(job, nowMs));
    if (old.length === 0) return { current: jobs, dueMs: NEVER };
    let dueMs = NEVER;
    for (const job of old) {
      const moved = await this.#parts.zones.move(job, nowMs);
      dueMs = Math.min(dueMs, moved?.nextRunMs ?? NEVER);
    }
    return { current: jobs.filter((job) => !old.includes(job)), dueMs };
  }

  /** One that is full says when it has room again. */
  #listenForRoom(): void {
    for (const [, executor] of this.#parts.host.executors()) executor.onCapacity ??= () => this.wake();
  }

  /** Decides, writes that down and starts; answers when the first of these jobs is due again. */
  async #process(jobs: readonly JobRecord[], nowMs: number): Promise<number> {
    const { host, news } = this.#parts;
    if (this.#stopping || host.paused()) {
      await this.#release(jobs);
      return NEVER;
    }
    const roomOf = new Map<string, number>();
    const decisions: Decision[] = [];
    const sources: { job: JobRecord; cut: boolean }[] = [];
    for (const job of jobs) {
      if (!this.#hasRoom(job, roomOf)) continue;
      const due = this.#dueRuns(job, nowMs);
      if (due === undefined) continue;
      decisions.push(this.#decision(job, due, nowMs));
      sources.push({ job, cut: due.cut });
    }
    const sentAt = host.clock.monotonic();
    const verdicts = await this.#dispatch(decisions);
    if (verdicts === undefined) return NEVER;
    let earliest = NEVER;
    for (let at = 0; at < verdicts.length; at++) {
      if (sources[at]!.cut && decisions[at]!.instance!.runs.length > 0)
        news.cut(sources[at]!.job, decisions[at]!.instance!);
      this.#carryOut(decisions[at]!, verdicts[at]!, sentAt);
      const changedByOthers = verdicts[at]!.kind === "stale";
      earliest = Math.min(earliest, changedByOthers ? nowMs : (decisions[at]!.claim!.nextRunMs ?? earliest));
    }
    return earliest;
  }

  /** Undefined for a job whose trigger fails: that costs it its run, and the others nothing. */
  #dueRuns(job: JobRecord, nowMs: number): DueRuns | undefined {
    try {
      return dueRuns(job.trigger, job.nextRunMs!, nowMs, job.coalesce, this.#parts.host.random);
    } catch (error) {
      void setTriggerAside(this.#parts, job, error);
      return undefined;
    }
  }

  #hasRoom(job: JobRecord, roomOf: Map<string, number>): boolean {
    const { host, leaseMs } = this.#parts;
    const executor = host.executor(job.executor);
    if (executor === undefined) return true; // it was removed meanwhile: the run is offered to others
    const room = roomOf.get(job.executor) ?? executor.capacity();
    if (room <= 0) {
      executor.onCapacity ??= () => this.wake();
      this.#parked.push({ job, untilMonotonic: host.clock.monotonic() + leaseMs * 0.8 });
      return false;
    }
    roomOf.set(job.executor, room - 1);
    return true;
  }

  /** Parked jobs whose executor has room again; those whose lease is nearly over are left to whoever claims them next. */
  #takeUnparked(): JobRecord[] {
    if (this.#parked.length === 0) return [];
    const { host } = this.#parts;
    const now = host.clock.monotonic();
    const waiting = this.#parked.filter((parked) => parked.untilMonotonic > now);
    const ready = waiting.filter(({ job }) => (host.executor(job.executor)?.capacity() ?? 1) > 0);
    this.#parked = waiting.filter((parked) => !ready.includes(parked));
    return ready.map(({ job }) => job);
  }

  #decision(job: JobRecord, due: DueRuns, nowMs: number): Decision {
    const { host, leaseMs } = this.#parts;
    const limited = job.maxRuns === undefined ? undefined : limitedRuns(job, due, nowMs);
    const { runs } = limited ?? due;
    const settled = host.settled(job);
    return {
      jobId: job.id,
      claim: {
        version: job.version,
        nextRunMs: due.next,
        ...(limited === undefined ? {} : { uncounted: limited.late }),
      },
      instance: {
        id: host.newId(),
        owner: host.id,
        leaseMs,
        job: limited === undefined ? settled : { ...settled, misfiresJudgedMs: nowMs },
        runs: runs.map((scheduledAt) => ({ executionId: host.newId(), scheduledAt })),
        overlap: runs.length === 0 || isMisfire(settled, runs.at(-1)!, nowMs) ? "skip" : settled.overlap,
      },
    };
  }

  /** Repeated until the store answers or the claims' leases are over: whatever was done is found by the repetition. */
  async #dispatch(decisions: readonly Decision[]): Promise<readonly Verdict[] | undefined> {
    if (decisions.length === 0) return [];
    const { store, host, leaseMs, trouble } = this.#parts;
    const giveUpAt = host.clock.monotonic() + leaseMs * 0.5;
    for (let failures = 1; ; failures++) {
      try {
        const answer = store.dispatch(decisions);
        return answer instanceof Promise ? await answer : answer;
      } catch (error) {
        const waitMs = trouble.failed("dispatch", error);
        if (host.clock.monotonic() + waitMs > giveUpAt) return undefined;
        await trouble.pause(waitMs);
        const verdicts = failures > 1 && decisions.length > 1 ? await this.#dispatchAlone(decisions) : undefined;
        if (verdicts !== undefined) return verdicts;
      }
    }
  }

  /** Should the store refuse one of them, the others go on; undefined when it takes none. */
  async #dispatchAlone(decisions: readonly Decision[]): Promise<readonly Verdict[] | undefined> {
    const verdicts: Verdict[] = [];
    let taken = 0;
    for (const decision of decisions) {
      try {
        verdicts.push(...(await this.#parts.store.dispatch([decision])));
        taken++;
      } catch (error) {
        if (taken === 0 && verdicts.length > 2) return undefined;
        this.#parts.news.refused(decision.jobId, error);
        verdicts.push({ kind: "stale" });
      }
    }
    return taken === 0 ? undefined : verdicts;
  }

  #carryOut(decision: Decision, verdict: Verdict, sentAt: number): void {
    const { news, leaseMs } = this.#parts;
    const { job, id, runs } = decision.instance!;
    if (verdict.kind === "stale") return;
    if (verdict.kind === "max_instances") {
      const runTimes = runs.map((run) => run.scheduledAt);
      news.tooManyInstances(job, runTimes);
    } else if (verdict.kind === "queued") {
      this.#runner.queued(decision.instance!, verdict);
    } else if (verdict.runs.length > 0) {
      this.#runner.hold(new HeldInstance(id, verdict.token, job, verdict.runs, 1, sentAt + leaseMs));
    }
    const count = runCountAfter(decision, verdict);
    if (decision.claim?.nextRunMs === null) news.removed(job);
    else if (count !== undefined && count >= job.maxRuns!) news.endedByLimit(job, count);
  }

  async #release(jobs: readonly JobRecord[]): Promise<void> {
    if (jobs.length === 0) return;
    const claims = jobs.map((job) => ({ jobId: job.id, version: job.version }));
    await this.#parts.trouble.bestEffort("release claims", () => this.#parts.store.release(claims));
  }
}
