import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { decodeJob, encodeJob, type JobRecord } from "../src/core/job-record.js";
import { newJob } from "../src/core/new-job.js";
import { EveryTrigger } from "../src/fluent/every-trigger.js";
import {
  allOf,
  anyOf,
  calendarInterval,
  cron,
  crontab,
  date,
  interval,
  type JobSpec,
  MemoryJobStore,
  Scheduler,
  type Trigger,
} from "../src/index.js";
import { keepTimetable } from "../src/scheduler/keep-timetable.js";
import { seededRandom } from "../src/simulation/seeded-random.js";
import { settled, VirtualClock } from "../src/simulation/virtual-clock.js";
import { triggerFromJSON } from "../src/triggers/trigger-from-json.js";

const T0 = Date.UTC(2026, 0, 5, 6, 30);
const HOUR_MS = 3_600_000;
const quiet = { debug() {}, info() {}, warn() {}, error() {} };

/** A scheduler that is started anew at each of the moments, declares the job, and writes down what ran. */
async function play(spec: JobSpec, boots: readonly number[], untilMs: number): Promise<number[]> {
  const clock = new VirtualClock(T0);
  const store = new MemoryJobStore({ clock, shared: true });
  const runs: number[] = [];
  for (const [at, bootMs] of boots.entries()) {
    const scheduler = new Scheduler({ clock, timezone: "Europe/Berlin", logger: quiet, stores: { default: store } });
    scheduler.registerTask("work", ({ scheduledAt }) => void runs.push(scheduledAt - T0));
    await scheduler.start();
    await scheduler.addJob(spec);
    await clock.advance((boots[at + 1] ?? untilMs) - bootMs);
    void scheduler.shutdown({ wait: false });
    await settled();
  }
  return runs;
}

/** The run times of a job that is declared at each of the moments, without anything between the trigger and its record. */
function timetable(trigger: () => Trigger, moments: readonly number[], untilMs: number): number[] {
  const runs: number[] = [];
  let job: JobRecord | undefined;
  const runUntil = (nowMs: number) => {
    while (job !== undefined && job.nextRunMs !== null && job.nextRunMs < nowMs) {
      runs.push(job.nextRunMs - T0);
      job = { ...job, nextRunMs: job.trigger.next(job.nextRunMs, job.nextRunMs) };
    }
  };
  for (const moment of moments) {
    const nowMs = T0 + moment;
    runUntil(nowMs);
    const around = { defaults: {}, timezone: "Europe/Berlin", nowMs, random: () => 0.5, newId: () => "id" };
    const wanted = newJob({ id: "job", func: "work", trigger: trigger() }, around);
    // As shared stores keep it.
    const stored = job && decodeJob(encodeJob(job), job.nextRunMs, job.version);
    job = stored === undefined ? wanted : keepTimetable(stored, wanted);
  }
  runUntil(T0 + untilMs);
  return runs;
}

const once = { id: "once", func: "work", misfireGraceTime: null } as const;

describe("a job that is declared at each start", () => {
  test.each(["keep", "replace", "error"] as const)("once, %s: its moment is started once", async (onConflict) => {
    const spec = { ...once, onConflict, trigger: date({ runAt: new Date(T0 + 10_000) }) };
    if (onConflict !== "error") expect(await play(spec, [0, 5_000], 20_000)).toEqual([10_000]);
    expect(await play(spec, [0, 20_000, 30_000, 40_000], 50_000)).toEqual([10_000]);
  });

  test.each(["keep", "replace"] as const)("once, %s: a moment given as nextRunTime as well", async (onConflict) => {
    for (const nextRunTime of [new Date(T0 + 10_000), T0 + 10_000, "2026-01-05 07:30:10"]) {
      const spec = { ...once, onConflict, nextRunTime };
      expect(await play(spec, [0, 5_000, 20_000, 30_000, 40_000], 50_000)).toEqual([10_000]);
    }
  });

  test("once, at another moment: runs at that as well", async () => {
    const clock = new VirtualClock(T0);
    const scheduler = new Scheduler({ clock, timezone: "UTC", logger: quiet });
    const runs: number[] = [];
    scheduler.registerTask("work", ({ scheduledAt }) => void runs.push(scheduledAt - T0));
    await scheduler.start();
    for (const runAt of [1_000, 1_000, 500, 2_000, 2_000]) {
      await scheduler.addJob({ ...once, onConflict: "replace", trigger: date({ runAt: new Date(T0 + runAt) }) });
      await clock.advance(3_000);
    }
    expect(runs).toEqual([1_000, 500, 2_000]);
    void scheduler.shutdown({ wait: false });
    await clock.advance(100);
  });

  const jitterless: Record<string, () => Trigger> = {
    date: () => date({ in: { hours: 30 } }),
    interval: () => interval({ hours: 5 }),
    "interval from a start": () => interval({ hours: 5, startDate: "2026-01-01 00:00:00" }),
    cron: () => cron({ hour: 9 }),
    crontab: () => crontab("0 9 * * *"),
    "every so many days": () => calendarInterval({ days: 3, hour: 9 }),
    "every day": () => calendarInterval({ days: 1, hour: 9 }),
    "every week": () => calendarInterval({ weeks: 1 }),
    anyOf: () => anyOf(calendarInterval({ days: 2, hour: 4 }), interval({ hours: 11 })),
    allOf: () => allOf(calendarInterval({ days: 2, hour: 4 }), cron({ hour: 4 })),
    nested: () => anyOf(anyOf(calendarInterval({ days: 3, hour: 9 })), cron({ hour: 10 })),
    every: () => new EveryTrigger({ interval: 2, unit: "days", at: "10:30:00" }),
  };
  test.each(Object.entries(jitterless))("%s: no run is changed, whenever it is declared again", (_, trigger) => {
    const untilMs = 12 * 24 * HOUR_MS;
    const declaredOnce = timetable(trigger, [0], untilMs);
    expect(declaredOnce.length).toBeGreaterThan(0);
    // A one-off that ran is gone: "in 30 hours" begins anew when it is declared then.
    const lastMinute = trigger().kind === "date" ? 30 * 60 : 12 * 24 * 60 - 1;
    const moment = fc.integer({ min: 1, max: lastMinute }).map((minutes) => minutes * 60_000);
    fc.assert(
      fc.property(fc.uniqueArray(moment, { maxLength: 12 }), (moments) => {
        const boots = [0, ...moments.sort((a, b) => a - b)];
        expect(timetable(trigger, boots, untilMs)).toEqual(declaredOnce);
      }),
    );
  });

  test("a calendar interval that an earlier version stored is known again", async () => {
    const clock = new VirtualClock(T0);
    const scheduler = new Scheduler({ clock, timezone: "UTC", logger: quiet });
    scheduler.registerTask("work", () => {});
    await scheduler.start();
    const declared = { id: "job", func: "work", onConflict: "keep" } as const;
    await scheduler.addJob({ ...declared, trigger: calendarInterval({ days: 3, hour: 9, startDate: T0 }) });
    await clock.advance(5 * HOUR_MS);
    const job = await scheduler.addJob({ ...declared, trigger: calendarInterval({ days: 3, hour: 9 }) });
    expect(job.nextRunTime).toEqual(new Date(Date.UTC(2026, 0, 8, 9)));
    void scheduler.shutdown({ wait: false });
    await clock.advance(100);
  });
});

describe("jitter", () => {
  const days = 60;
  const runsOf = (trigger: Trigger, seed: number) => {
    const random = seededRandom(seed);
    const revived = triggerFromJSON(JSON.parse(JSON.stringify(trigger)));
    const runs: number[] = [];
    for (let at = revived.next(null, T0, random); at !== null && at < T0 + days * 24 * HOUR_MS; ) {
      runs.push(at);
      at = revived.next(at, at, random);
    }
    return runs;
  };
  const zone = { timezone: "UTC" };
  const everyDay = new EveryTrigger({ interval: 1, unit: "days", at: "10:30:00", ...zone });
  test.each([
    ["combined", anyOf(cron({ hour: 10, jitter: 1_800, ...zone }), cron({ hour: 10, minute: 5, ...zone })), 2 * days],
    [
      "of the combination",
      anyOf(cron({ hour: 10, ...zone }), cron({ hour: 10, minute: 5, ...zone }), { jitter: 1_800 }),
      2 * days,
    ],
    ["longer than the period", cron({ hour: "*", jitter: 10_800, ...zone }), 24 * days],
    ["of a crontab", crontab("0 * * * *", { jitter: 10_800, ...zone }), 24 * days],
    ["of an interval", interval({ hours: 1, jitter: 10_800, anchor: T0 }), 24 * days],
    ["of a calendar interval", calendarInterval({ days: 1, hour: 9, startDate: T0, jitter: 200_000, ...zone }), days],
    ["of a cron every ten minutes", cron({ minute: "*/10", jitter: 5_000, ...zone }), 144 * days],
    [
      "of an interval in a combination that has its own",
      anyOf(interval({ hours: 1, jitter: 10_800, anchor: T0 }), cron({ hour: 10, minute: 7, ...zone }), {
        jitter: 9_000,
      }),
      25 * days,
    ],
    ["of a combination in a combination", anyOf(anyOf(cron({ hour: "*", ...zone }), { jitter: 9_000 })), 24 * days],
    ["of every(), within a combination", anyOf(everyDay, { jitter: 200_000 }), days],
    [
      "of every() beside another",
      anyOf(everyDay, cron({ hour: 12, jitter: 90_000, ...zone }), { jitter: 90_000 }),
      2 * days,
    ],
    ["of an allOf", allOf(cron({ hour: "*", ...zone }), cron({ minute: 0, ...zone }), { jitter: 10_800 }), 24 * days],
  ] as const)("%s loses no run", (_, trigger, count) => {
    for (const seed of [1, 2, 3]) {
      const runs = runsOf(trigger, seed);
      expect(Math.abs(runs.length - count)).toBeLessThanOrEqual(1);
      expect(new Set(runs).size).toBe(runs.length);
    }
  });
});

test("every() beside another: each of the other's runs happens, and none is later than its interval and the jitter", () => {
  const [minute, jitter] = [60_000, 600];
  const trigger = anyOf(
    new EveryTrigger({ interval: 7, latest: 11, unit: "minutes", timezone: "UTC" }),
    cron({ minute: "*/25", jitter: 3_000, timezone: "UTC" }),
    { jitter },
  );
  for (const seed of [1, 2, 3]) {
    const random = seededRandom(seed);
    const runs: number[] = [];
    for (let at = trigger.next(null, T0, random)!; runs.length < 500; at = trigger.next(at, at, random)!) runs.push(at);
    const gaps = runs.slice(1).map((at, index) => at - runs[index]!);
    expect(Math.min(...gaps)).toBeGreaterThan(0);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(11 * minute + jitter * 1_000);
    for (let at = T0 + 30 * minute; at < runs.at(-1)! - 60 * minute; at += 30 * minute) {
      const base = at - (at % (60 * minute)) + (at % (60 * minute) === 0 ? 0 : 25 * minute);
      expect(runs.some((run) => run >= base && run < base + 25 * minute)).toBe(true);
    }
  }
});

describe("resuming what ended while it was paused", () => {
  async function resumed(misfireGraceTime: number | null, trigger: Trigger) {
    const clock = new VirtualClock(T0);
    const scheduler = new Scheduler({ clock, timezone: "UTC", logger: quiet });
    scheduler.registerTask("work", () => {});
    await scheduler.start();
    await scheduler.addJob({ id: "job", func: "work", trigger, misfireGraceTime });
    await scheduler.pauseJob("job");
    await clock.advance(10 * 60_000);
    const job = await scheduler.resumeJob("job");
    expect(job?.nextRunTime?.getTime()).toBeLessThan(clock.now());
    await clock.advance(1_000);
    expect(await scheduler.getJob("job")).toBeUndefined();
    const { executions } = await scheduler.executions({ jobId: "job" });
    void scheduler.shutdown({ wait: false });
    await clock.advance(100);
    return executions.map(({ state, scheduledAt }) => [state, (scheduledAt - T0) / 60_000]);
  }

  test("a repeating trigger is done with: the job is removed, with an event, and not handed back", async () => {
    const clock = new VirtualClock(T0);
    const scheduler = new Scheduler({ clock, timezone: "UTC", logger: quiet });
    const removed: string[] = [];
    scheduler.registerTask("work", () => {});
    await scheduler.start();
    const trigger = interval({ minutes: 2, endDate: new Date(T0 + 7 * 60_000) });
    await scheduler.addJob({ id: "job", func: "work", trigger });
    await scheduler.pauseJob("job");
    await clock.advance(10 * 60_000);
    scheduler.on("job:removed", ({ jobId }) => removed.push(jobId));
    expect(await scheduler.resumeJob("job")).toBeUndefined();
    expect([await scheduler.getJob("job"), removed]).toEqual([undefined, ["job"]]);
    void scheduler.shutdown({ wait: false });
    await clock.advance(100);
  });

  test("it runs, or is missed by its grace, and is written down either way", async () => {
    const five = date({ runAt: new Date(T0 + 5 * 60_000) });
    expect(await resumed(null, five)).toEqual([["executed", 5]]);
    expect(await resumed(600, five)).toEqual([["executed", 5]]);
    expect(await resumed(60, five)).toEqual([["missed", 5]]);
  });
});
