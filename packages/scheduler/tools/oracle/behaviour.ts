import { JobNotFoundError } from "../../src/core/errors.js";
import type { Executor, Outcome, Run } from "../../src/core/executor.js";
import type { ClaimResult } from "../../src/core/job-store.js";
import { Scheduler } from "../../src/scheduler/scheduler.js";
import { settled, VirtualClock } from "../../src/simulation/virtual-clock.js";
import { MemoryJobStore } from "../../src/stores/memory.js";
import { cron } from "../../src/triggers/cron.js";
import { date } from "../../src/triggers/date.js";
import { interval } from "../../src/triggers/interval.js";
import type { Trigger } from "../../src/triggers/trigger.js";

/** Case of APScheduler's job processing under a virtual clock. Times are seconds after `t0`. */
export interface BehaviourLine {
  readonly id: string;
  readonly t0: string;
  readonly trigger: TriggerSpec;
  readonly durations: readonly number[];
  readonly coalesce: boolean;
  readonly max_instances: number;
  readonly misfire_grace_time: number | null;
  /** Periods [from, to) in which the scheduler does not wake. */
  readonly outages: readonly (readonly [number, number])[];
  readonly horizon: number;
  readonly actions?: readonly (readonly [number, string, unknown?])[];
  /** Starts that fail, counted from 0. */
  readonly fails?: readonly number[];
  readonly events: readonly BehaviourEvent[];
  readonly next_run: number | null;
  readonly job_exists: boolean;
}

type TriggerSpec = readonly [string, Record<string, unknown>];

interface BehaviourEvent {
  readonly t: number;
  readonly e: string;
  readonly rt?: number;
  readonly rts?: readonly number[];
}

const JOB = "job";

/** Runs a case on the real scheduler and memory store; returns the difference, or null. */
export async function runBehaviourLine(line: BehaviourLine): Promise<string | null> {
  const t0 = Date.parse(line.t0);
  const clock = new VirtualClock(t0);
  const events: BehaviourEvent[] = [];
  const seconds = (at: number) => (at - t0) / 1_000;
  const note = (e: string, more: object = {}) => void events.push({ t: seconds(clock.now()), e, ...more });
  const executor = new ScriptedExecutor(clock, line, (e, at) => note(e, { rt: seconds(at) }));
  const store = new InterruptedStore(clock, () =>
    line.outages.some(([from, to]) => clock.now() >= t0 + from * 1_000 && clock.now() < t0 + to * 1_000),
  );
  const quiet = { debug() {}, info() {}, warn() {}, error() {} };
  const scheduler = new Scheduler({
    clock,
    random: () => 0,
    timezone: "UTC",
    stores: { default: store },
    executors: { default: executor },
    logger: quiet,
  });
  scheduler.on("job:submitted", (event) => note("submitted", { rts: event.scheduledRunTimes.map(seconds) }));
  scheduler.on("job:maxInstances", (event) => note("max_instances", { rts: event.scheduledRunTimes.map(seconds) }));
  scheduler.on("job:missed", (event) => note("missed", { rt: seconds(event.scheduledAt) }));
  scheduler.on("job:removed", () => note("removed"));
  scheduler.registerTask(JOB);
  await scheduler.addJob({
    id: JOB,
    func: JOB,
    trigger: triggerOf(line.trigger),
    coalesce: line.coalesce,
    maxInstances: line.max_instances,
    misfireGraceTime: line.misfire_grace_time,
  });
  await scheduler.start();
  await play(line, { clock, executor, scheduler, note });
  const job = await scheduler.getJob(JOB);
  const nextRun = job?.nextRunTime ? seconds(job.nextRunTime.getTime()) : null;
  const actual = { events: [...events], next_run: nextRun, job_exists: job !== undefined };
  await closed(scheduler, clock, executor);
  return difference(line, actual);
}

interface Stage {
  readonly clock: VirtualClock;
  readonly executor: ScriptedExecutor;
  readonly scheduler: Scheduler;
  readonly note: (e: string) => void;
}

/** Orders the steps of an instant: completions, then actions, then due work. */
async function play(line: BehaviourLine, { clock, executor, scheduler, note }: Stage): Promise<void> {
  const actions = [...(line.actions ?? [])].sort((a, b) => a[0] - b[0]);
  const wakes = line.outages.map(([, to]) => to * 1_000).sort((a, b) => a - b);
  const horizonMs = line.horizon * 1_000;
  await clock.runUntil(0);
  for (;;) {
    const next = Math.min(
      executor.nextEndAt() ?? Number.POSITIVE_INFINITY,
      (actions[0]?.[0] ?? Number.POSITIVE_INFINITY) * 1_000,
      wakes[0] ?? Number.POSITIVE_INFINITY,
      clock.nextTimerAt() ?? Number.POSITIVE_INFINITY,
    );
    if (next > horizonMs) break;
    clock.jumpTo(next);
    await executor.endDue();
    while (actions[0] !== undefined && actions[0][0] * 1_000 <= next) {
      const [, what, argument] = actions.shift()!;
      await act(scheduler, what, argument).then(() => note(`action:${what}`), unlessGone);
    }
    if (wakes[0] !== undefined && wakes[0] <= next) {
      wakes.shift();
      scheduler.wakeup();
    }
    await clock.runUntil(next);
    // A run without duration ends at the instant it began.
    while (executor.nextEndAt() === next) {
      await executor.endDue();
      await clock.runUntil(next);
    }
  }
  clock.jumpTo(horizonMs);
}

async function act(scheduler: Scheduler, what: string, argument: unknown): Promise<void> {
  if (what === "pause") await scheduler.pauseJob(JOB);
  else if (what === "resume") await scheduler.resumeJob(JOB);
  else if (what === "remove") await scheduler.removeJob(JOB);
  else if (what === "reschedule") await scheduler.rescheduleJob(JOB, triggerOf(argument as TriggerSpec));
  else if (what === "modify") {
    await scheduler.modifyJob(JOB, { maxInstances: (argument as { max_instances: number }).max_instances });
  } else throw new Error(`unknown action ${what}`);
}

/** Performs an action; one on an ended job does nothing. */
function unlessGone(error: unknown): void {
  if (!(error instanceof JobNotFoundError)) throw error;
}

function triggerOf([kind, spec]: TriggerSpec): Trigger {
  const { start_date, end_date, run_date, ...fields } = spec;
  const bounds = { ...(start_date ? { startDate: start_date } : {}), ...(end_date ? { endDate: end_date } : {}) };
  const options = { ...fields, ...bounds, timezone: "UTC" } as never;
  if (kind === "cron") return cron(options);
  if (kind === "interval") return interval(options);
  return date({ runAt: run_date as string, timezone: "UTC" });
}

/** Ends the runs at the horizon, so that the scheduler can stop; their events do not count. */
async function closed(scheduler: Scheduler, clock: VirtualClock, executor: ScriptedExecutor): Promise<void> {
  const stopped = scheduler.shutdown({ wait: false });
  await executor.endAll();
  await clock.advance(60_000);
  await stopped;
}

/** Executor whose runs take the case's durations in turn, on the virtual clock. */
class ScriptedExecutor implements Executor {
  readonly remote = true;
  #starts = 0;
  #running: { readonly endAt: number; readonly end: () => void }[] = [];

  constructor(
    private readonly clock: VirtualClock,
    private readonly line: BehaviourLine,
    private readonly note: (e: string, scheduledAt: number) => void,
  ) {}

  start(): void {}

  capacity(): number {
    return 1_000;
  }

  async shutdown(): Promise<void> {}

  async submit(run: Run): Promise<Outcome> {
    if (!(await run.begin())) return { kind: "skipped" };
    const start = this.#starts++;
    const { durations, fails = [] } = this.line;
    const { scheduledAt } = run.context;
    this.note("start", scheduledAt);
    const endAt = this.clock.monotonic() + Math.round(durations[start % durations.length]! * 1_000);
    await new Promise<void>((end) => this.#running.push({ endAt, end }));
    const failed = fails.includes(start);
    this.note(failed ? "error" : "executed", scheduledAt);
    return failed ? { kind: "error", error: new Error("scripted") } : { kind: "executed", value: null };
  }

  nextEndAt(): number | undefined {
    if (this.#running.length === 0) return undefined;
    return Math.min(...this.#running.map(({ endAt }) => endAt));
  }

  async endDue(): Promise<void> {
    const now = this.clock.monotonic();
    const due = this.#running.filter(({ endAt }) => endAt <= now);
    this.#running = this.#running.filter(({ endAt }) => endAt > now);
    for (const { end } of due) end();
    await settled();
  }

  async endAll(): Promise<void> {
    for (const { end } of this.#running.splice(0)) end();
    await settled();
  }
}

/** Store that has no due jobs during an outage, as for a scheduler that does not wake. */
class InterruptedStore extends MemoryJobStore {
  constructor(
    clock: VirtualClock,
    private readonly isOut: () => boolean,
  ) {
    super({ clock });
  }

  override claimDue(request: Parameters<MemoryJobStore["claimDue"]>[0]): ClaimResult {
    if (this.isOut()) return { nowMs: this.now(), jobs: [], nextDueMs: null, broken: [] };
    return super.claimDue(request);
  }
}

interface Actual {
  readonly events: readonly BehaviourEvent[];
  readonly next_run: number | null;
  readonly job_exists: boolean;
}

/** Compares the events as multisets of (t, e, rt or rts), and the job at the end. */
function difference(expected: BehaviourLine, actual: Actual): string | null {
  const missing = minus(expected.events, actual.events);
  const extra = minus(actual.events, expected.events);
  const problems = [
    ...(missing.length > 0 ? [`expected and did not happen: ${missing.join(" ")}`] : []),
    ...(extra.length > 0 ? [`happened unexpectedly: ${extra.join(" ")}`] : []),
    ...(expected.next_run !== actual.next_run
      ? [`next_run: expected ${expected.next_run}, actual ${actual.next_run}`]
      : []),
    ...(expected.job_exists !== actual.job_exists
      ? [`job_exists: expected ${expected.job_exists}, actual ${actual.job_exists}`]
      : []),
  ];
  return problems.length === 0 ? null : problems.join("; ");
}

function minus(a: readonly BehaviourEvent[], b: readonly BehaviourEvent[]): string[] {
  const left = new Map<string, number>();
  for (const event of b) left.set(eventText(event), (left.get(eventText(event)) ?? 0) + 1);
  return a.map(eventText).filter((text) => {
    const count = left.get(text) ?? 0;
    if (count > 0) left.set(text, count - 1);
    return count === 0;
  });
}

function eventText({ t, e, rt, rts }: BehaviourEvent): string {
  return `${t.toFixed(3)}:${e}${rt === undefined ? "" : `(${rt})`}${rts === undefined ? "" : `[${rts.join(",")}]`}`;
}
