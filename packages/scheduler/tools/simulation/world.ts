import { ConflictingIdError } from "../../src/core/errors.js";
import type { JobSpec } from "../../src/core/job-spec.js";
import { checkKnown, type OptionNames } from "../../src/core/known-options.js";
import type { RunContext } from "../../src/core/task.js";
import { AsyncExecutor } from "../../src/executors/async-executor.js";
import { Scheduler } from "../../src/scheduler/scheduler.js";
import { seededRandom } from "../../src/simulation/seeded-random.js";
import { settled, VirtualClock } from "../../src/simulation/virtual-clock.js";
import { MemoryJobStore } from "../../src/stores/memory.js";
import { date } from "../../src/triggers/date.js";
import { interval } from "../../src/triggers/interval.js";
import type { Random } from "../../src/triggers/trigger.js";
import { type Flakiness, flakyStore } from "./flaky-store.js";
import { Ledger } from "./ledger.js";
import { NodeClock } from "./node-clock.js";

export interface WorldOptions {
  readonly seed: number;
  readonly schedulers?: number;
  /** Virtual time with faults; a quiet time follows, in which everything must end. */
  readonly minutes?: number;
}

const OPTIONS: OptionNames<WorldOptions> = { seed: true, schedulers: true, minutes: true };

export interface WorldReport {
  readonly seed: number;
  /** Broken invariants, in words. */
  readonly violations: readonly string[];
  /** Hash of all events in order, equal for equal seeds. */
  readonly digest: string;
  readonly starts: number;
  readonly effects: number;
  readonly kills: number;
  readonly pauses: number;
  readonly lost: number;
  readonly reclaimed: number;
}

const START_MS = Date.UTC(2026, 0, 5);
const LEASE_MS = 10_000;
const POLL_MS = 1_000;
const QUIET_MS = 180_000;

const POLICIES = [
  { ack: "early", coalesce: true, maxInstances: 1, seconds: 5 },
  { ack: "early", coalesce: false, maxInstances: 2, seconds: 7 },
  { ack: "late", coalesce: true, maxInstances: 1, seconds: 6 },
  { ack: "late", coalesce: false, maxInstances: 3, seconds: 11 },
  { ack: "late", coalesce: "earliest", maxInstances: 2, seconds: 13 },
  { ack: "late", coalesce: true, maxInstances: 1, seconds: 9, executor: "cpu" },
  { ack: "early", coalesce: true, maxInstances: 1, seconds: 8, executor: "cpu" },
  { ack: "early", coalesce: true, maxInstances: 1, seconds: 3, overlap: "queue-one" },
  { ack: "late", coalesce: false, maxInstances: 2, seconds: 4, overlap: "queue-one" },
  { ack: "late", coalesce: true, maxInstances: 1, seconds: 7, overlap: "queue-one", executor: "cpu" },
  { ack: "early", coalesce: true, maxInstances: 1, seconds: 6, overlap: "cancel-other" },
  { ack: "late", coalesce: true, maxInstances: 2, seconds: 3, overlap: "cancel-other" },
] as const;
/** Declared with `replace` at some of the starts; the others are kept. */
const REPLACED = new Set(["timetable-3", "timetable-8"]);
/** Removed now and then, and declared again. */
const REMOVED = ["timetable-7", "timetable-10"] as const;
const ONE_OFFS = 6;
const ONE_OFF_EVERY_MS = 40_000;
const TIMETABLE = POLICIES.map(
  ({ seconds, ...policy }, at): JobSpec => ({
    ...policy,
    id: `timetable-${at}`,
    func: "work",
    args: [policy.ack],
    trigger: interval({ seconds }),
    misfireGraceTime: null,
    maxDeliveries: 1_000,
    onConflict: "keep",
  }),
);

/** Jobs with a fixed moment, which a program declares at each of its starts: each runs once. */
const DECLARED = Array.from({ length: ONE_OFFS }, (_, at): JobSpec & { id: string; ack: "early" | "late" } => {
  const ack = at % 2 === 0 ? "late" : "early";
  const trigger = date({ runAt: new Date(START_MS + ONE_OFF_EVERY_MS * (at + 1)) });
  const policy = { ack, misfireGraceTime: null, maxDeliveries: 1_000 } as const;
  return { ...policy, id: `declared-${at}`, func: "work", args: [ack], trigger };
});

/** Plays a seeded world to its end and reports broken invariants. The same seed plays the same world. */
export async function playWorld(options: WorldOptions): Promise<WorldReport> {
  checkKnown<WorldOptions>(options, OPTIONS, "playWorld");
  const { seed, schedulers = 3, minutes = 20 } = options;
  const world = new World(seed, schedulers);
  await world.open();
  await world.play(minutes * 60_000);
  await world.settle();
  return world.report();
}

/** Process of a world: its clock and its scheduler. */
interface Node {
  readonly clock: NodeClock;
  readonly scheduler: Scheduler;
}

class World {
  readonly #clock = new VirtualClock(START_MS);
  readonly #random: Random;
  readonly #store: MemoryJobStore;
  readonly #ledger: Ledger;
  readonly #flakiness: Flakiness = { failing: 0.02, resultLost: 0.02, latencyMs: 20 };
  readonly #nodes: Node[] = [];
  #orders = 0;
  #isDeclared = false;
  #kills = 0;
  #pauses = 0;

  constructor(
    private readonly seed: number,
    private readonly size: number,
  ) {
    this.#random = seededRandom(seed);
    this.#store = new MemoryJobStore({ clock: this.#clock, shared: true, historyMax: 1_000_000 });
    const cancelling = TIMETABLE.filter(({ overlap }) => overlap === "cancel-other").map(({ id }) => id!);
    this.#ledger = new Ledger(this.#clock, this.#store, new Set(cancelling));
  }

  async open(): Promise<void> {
    for (let at = 0; at < this.size; at++) this.#boot(at);
    await this.#clock.advance(100);
    await this.#addTimetable();
  }

  /** Advances in uneven steps, each with a random fault, recovery or request. */
  async play(forMs: number): Promise<void> {
    const until = this.#clock.monotonic() + forMs;
    while (this.#clock.monotonic() < until) {
      await this.#clock.advance(this.#between(200, 6_000));
      this.#causeEvent();
      this.#ledger.check(this.#nodes.map(({ clock }) => clock));
    }
  }

  /** Ends all faults, revives all processes, and waits until every promise is kept. */
  async settle(): Promise<void> {
    Object.assign(this.#flakiness, { failing: 0, resultLost: 0 });
    for (const [at, node] of this.#nodes.entries()) {
      if (node.clock.isKilled) this.#boot(at);
      else node.clock.resume();
    }
    await this.#clock.advance(1_000);
    this.#request(({ scheduler }) => scheduler.resumeJob("timetable-8")); // its waiting run must not wait for ever
    await this.#clock.advance(QUIET_MS);
    // No more triggers: waiting runs must start, and none may come while the last scheduler leaves.
    for (const { id } of TIMETABLE)
      this.#request(({ scheduler }) => scheduler.rescheduleJob(id!, interval({ hours: 10 })));
    await this.#clock.advance(90_000);
    for (const { scheduler } of this.#nodes) void scheduler.shutdown({ timeoutMs: 60_000 });
    await this.#clock.advance(70_000);
    await settled();
    this.#ledger.checkAtRest();
  }

  report(): WorldReport {
    return { seed: this.seed, ...this.#ledger.summary(), kills: this.#kills, pauses: this.#pauses };
  }

  #boot(at: number): void {
    const clock = new NodeClock(this.#clock);
    const random = seededRandom(Math.floor(this.#random() * 2 ** 32));
    const store = flakyStore(this.#store, this.#clock, clock, random, this.#flakiness);
    const quiet = { debug() {}, info() {}, warn() {}, error() {} };
    const scheduler = new Scheduler({
      clock,
      random,
      timezone: "UTC",
      leaseMs: LEASE_MS,
      pollMs: POLL_MS,
      logger: quiet,
      stores: { default: store },
      // The first node has an executor less: it must leave the runs of that executor to the others.
      executors: {
        default: new AsyncExecutor({ concurrency: 20, clock }),
        ...(at === 0 ? {} : { cpu: new AsyncExecutor({ concurrency: 1, queueMax: 1, clock }) }),
      },
    });
    scheduler.registerTask("work", (context: RunContext, ack: "early" | "late") =>
      this.#work(clock, random, context, ack),
    );
    this.#nodes[at] = { clock, scheduler };
    this.#ledger.watch(scheduler);
    void scheduler.start().then(() => {
      // A program declares its jobs at each start, as its code says.
      for (const spec of DECLARED) void this.#declare(scheduler, spec, random);
      if (this.#isDeclared) for (const spec of TIMETABLE) void this.#declare(scheduler, spec, random);
    });
  }

  async #declare(scheduler: Scheduler, spec: JobSpec, random: Random): Promise<void> {
    const isOneOff = spec.id!.startsWith("declared");
    const mayReplace = isOneOff || REPLACED.has(spec.id!);
    const onConflict = mayReplace && random() < 0.5 ? "replace" : "keep";
    await addWithRetries(() => scheduler.addJob({ ...spec, onConflict }));
    if (isOneOff) this.#ledger.promised(spec.id!, spec.ack!);
  }

  /** Task that takes time, may fail, and writes its effect under its execution's id, as the guide recommends. */
  async #work(clock: NodeClock, random: Random, context: RunContext, ack: "early" | "late"): Promise<number> {
    const { signal } = context;
    const run = this.#ledger.started(context, ack, clock, signal);
    const durationMs = random() < 0.1 ? 5_000 + random() * 20_000 : random() * 800;
    try {
      const mayBeEnded = this.#ledger.mayBeCancelled(context.jobId);
      await new Promise<void>((resolve, reject) => {
        clock.setTimer(Math.floor(durationMs), resolve);
        if (mayBeEnded) signal.addEventListener("abort", () => (random() < 0.5 ? resolve() : reject(signal.reason)));
      });
      if (mayBeEnded && signal.aborted) return context.attempt;
      if (ack === "early" && random() < 0.05) throw new Error("scripted failure");
      this.#ledger.effect(context);
      return context.attempt;
    } finally {
      this.#ledger.ended(run);
    }
  }

  async #addTimetable(): Promise<void> {
    for (const spec of TIMETABLE) this.#request(({ scheduler }) => addWithRetries(() => scheduler.addJob(spec)));
    this.#isDeclared = true;
    // A run by hand may fall on the very millisecond of a planned one and is another run all the same: it has its own job.
    this.#request(async ({ scheduler }) => {
      const trigger = interval({ hours: 1 });
      const spec = { id: "by hand", func: "work", args: ["late"], ack: "late", trigger, nextRunTime: null } as const;
      await addWithRetries(() => scheduler.addJob({ ...spec, maxInstances: 2, maxDeliveries: 1_000 }));
    });
    // The latest run counts, and needs no timetable.
    this.#request(async ({ scheduler }) => {
      const trigger = interval({ hours: 1 });
      const spec = { id: "latest by hand", func: "work", args: ["late"], ack: "late", trigger } as const;
      const policy = { overlap: "queue-one", nextRunTime: null, maxDeliveries: 1_000 } as const;
      await addWithRetries(() => scheduler.addJob({ ...spec, ...policy }));
    });
    await this.#clock.advance(2_000);
  }

  #causeEvent(): void {
    const dice = this.#random();
    const node = this.#nodes[Math.floor(this.#random() * this.#nodes.length)]!;
    const at = this.#nodes.indexOf(node);
    if (dice < 0.06) this.#kill(at);
    else if (dice < 0.14) this.#pause(node);
    else if (dice < 0.18) node.clock.step(this.#random() < 0.5 ? 7_200_000 : -3_600_000);
    else if (dice < 0.5) this.#order();
    else if (dice < 0.54) this.#request(({ scheduler }) => scheduler.runNow("by hand"));
    else if (dice < 0.58) this.#request(({ scheduler }) => scheduler.pauseJob("timetable-1"));
    else if (dice < 0.64) this.#request(({ scheduler }) => scheduler.resumeJob("timetable-1"));
    else if (dice < 0.7) this.#request(({ scheduler }) => scheduler.runNow("latest by hand"));
    else if (dice < 0.72) this.#request(({ scheduler }) => scheduler.pauseJob("timetable-8"));
    else if (dice < 0.76) this.#request(({ scheduler }) => scheduler.resumeJob("timetable-8"));
    else if (dice < 0.78) this.#remove(REMOVED[Math.floor(this.#random() * REMOVED.length)]!);
    else if (dice < 0.8) {
      this.#request(({ scheduler }) =>
        scheduler.rescheduleJob("timetable-0", interval({ seconds: this.#between(3, 9) })),
      );
    }
  }

  #kill(at: number): void {
    const { clock } = this.#nodes[at]!;
    if (clock.isKilled) return;
    clock.kill();
    this.#kills++;
    this.#clock.setTimer(this.#between(500, 30_000), () => {
      if (this.#nodes[at]!.clock === clock) this.#boot(at);
    });
  }

  #pause({ clock }: Node): void {
    if (clock.isPaused || clock.isKilled) return;
    clock.pause();
    this.#pauses++;
    this.#clock.setTimer(this.#between(500, 40_000), () => clock.resume());
  }

  /** Removes a job with its waiting runs; the next start of a process declares it again. */
  #remove(id: string): void {
    this.#ledger.removed(id);
    this.#request(({ scheduler }) => scheduler.removeJob(id));
  }

  /** Adds a one-off some time ahead: half of them must never run twice, the others never be lost. */
  #order(): void {
    const ack = this.#random() < 0.5 ? "early" : "late";
    const id = `order:${this.#orders++}`;
    const runAt = this.#clock.now() + this.#between(5_000, 60_000);
    this.#request(async ({ scheduler }) => {
      await addWithRetries(async () => {
        // An earlier try may have arrived, its result been lost, and the job have run and been removed.
        if ((await scheduler.executions({ jobId: id })).executions.length > 0) return;
        await scheduler.addJob({
          id,
          func: "work",
          args: [ack],
          ack,
          trigger: date({ runAt: new Date(runAt) }),
          misfireGraceTime: null,
          maxDeliveries: 1_000,
        });
      });
      this.#ledger.promised(id, ack);
    });
  }

  /** Sends a request through any live process; a failure there is that of the caller. */
  #request(send: (node: Node) => Promise<unknown>): void {
    const up = this.#nodes.filter(
      ({ clock, scheduler }) => !clock.isKilled && !clock.isPaused && scheduler.state === "running",
    );
    const node = up[Math.floor(this.#random() * up.length)];
    if (node !== undefined) send(node).catch(() => {}); // refused or unknown: nothing was promised
  }

  #between(from: number, to: number): number {
    return from + Math.floor(this.#random() * (to - from + 1));
  }
}

/** Adds with retries until the store confirms it, or reports that an earlier try had arrived. */
async function addWithRetries(add: () => Promise<unknown>): Promise<void> {
  for (;;) {
    try {
      await add();
      return;
    } catch (error) {
      if (error instanceof ConflictingIdError) return;
    }
  }
}
