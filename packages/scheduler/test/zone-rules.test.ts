import { eventually } from "@headline/testkit";
import { afterAll, afterEach, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { migratePendingRun } from "../src/core/zone-migration.js";
import { applyCrontab, registerCrontab } from "../src/crontab/index.js";
import {
  allOf,
  anyOf,
  calendarInterval,
  cron,
  crontab,
  date,
  interval,
  MemoryJobStore,
  Scheduler,
  type Trigger,
  withoutDays,
} from "../src/index.js";
import { useZoneSource, type ZoneSource } from "../src/time/zone.js";
import { zoneRulesText } from "../src/time/zone-rules.js";
import { everyStore, STORE_KINDS, type StoreKind } from "./every-store.js";
import { heard } from "./quiet.js";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const ZONE = "Europe/Berlin";
const NOW = Date.now();
/** From then on the newer database has another offset. */
const CHANGE_MS = NOW + HOUR_MS;

/** Two databases: the zone is an hour ahead of UTC, in the newer one by so many hours from CHANGE_MS on. */
const older: ZoneSource = source("2098a", () => HOUR_MS);
function newer(hours: number, sinceMs = 0): ZoneSource {
  return source("2098b", (at) => (at < CHANGE_MS ? HOUR_MS : hours * HOUR_MS), sinceMs);
}
function source(version: string, offset: (at: number) => number, sinceMs = 0): ZoneSource {
  return { version, sinceMs, offsetAt: (name, at) => (name === ZONE ? offset(at) : undefined) };
}

/** A local time, under the older database, some hours from now and on the hour. */
const soon = new Date(Math.ceil(NOW / HOUR_MS) * HOUR_MS + 6 * HOUR_MS + HOUR_MS);
const hour = soon.getUTCHours();
const localText = (at: Date) => at.toISOString().slice(0, 19).replace("T", " ");
const soonMs = soon.getTime() - HOUR_MS;

const local: Record<string, () => Trigger> = {
  cron: () => cron({ hour }),
  "cron, once a year": () => cron({ month: soon.getUTCMonth() + 1, day: soon.getUTCDate(), hour }),
  crontab: () => crontab(`0 ${hour} * * *`),
  calendarInterval: () => calendarInterval({ days: 1, hour }),
  date: () => date({ runAt: localText(soon) }),
  "interval from a local time": () => interval({ hours: 30, startDate: localText(soon) }),
  anyOf: () => anyOf(cron({ hour }), interval({ hours: 500 })),
  allOf: () => allOf(cron({ hour }), cron({ minute: 0 })),
  withoutDays: () => withoutDays(cron({ hour }), { days: ["2020-01-01"] }),
  "anyOf of anyOf": () => anyOf(anyOf(crontab(`0 ${hour} * * *`)), calendarInterval({ days: 1, hour })),
};
const elapsed: Record<string, () => Trigger> = {
  "date without days": () => withoutDays(date({ runAt: new Date(soonMs) }), { days: ["2020-01-01"] }),
  interval: () => interval({ milliseconds: soonMs - NOW }),
  "date, by its offset": () => date({ runAt: `${localText(soon)}+01:00` }),
  "date in": () => date({ in: { milliseconds: soonMs - NOW } }),
};

const quiet = heard();
const stores = everyStore();
/** The memory store outlives its scheduler here, as the others do. */
const storeOf = (kind: StoreKind) => {
  const memory = new MemoryJobStore({ shared: true });
  const namespace = `zone-rules-${Math.random()}`;
  return () => (kind === "memory" ? memory : stores(kind, namespace));
};

const running: Scheduler[] = [];
async function started(store: () => ReturnType<typeof stores>, rules: ZoneSource) {
  useZoneSource(rules);
  const scheduler = new Scheduler({ timezone: ZONE, logger: quiet, stores: { default: store() } });
  running.push(scheduler);
  const ran: number[] = [];
  scheduler.registerTask("work", ({ scheduledAt }) => void ran.push(scheduledAt));
  await scheduler.start();
  const nextOf = async (id: string) => (await scheduler.getJob(id))?.nextRunTime?.getTime();
  return { scheduler, ran, nextOf, [Symbol.asyncDispose]: () => scheduler.shutdown({ wait: false }) };
}
afterEach(async () => {
  await Promise.all(running.splice(0).map((scheduler) => scheduler.shutdown({ wait: false })));
  useZoneSource(older);
});
afterAll(() => useZoneSource());

describe.each(STORE_KINDS)("new rules of a time zone, in a %s store", (kind) => {
  test.each([
    ["earlier", 2],
    ["later", 0],
  ])("move what was stored under the old ones %s, and elapsed time not at all", async (_, hours) => {
    const store = storeOf(kind);
    {
      await using before = await started(store, older);
      for (const [id, trigger] of Object.entries({ ...local, ...elapsed })) {
        await before.scheduler.addJob({ id, func: "work", trigger: trigger() });
        if (id !== "interval" && id !== "date in") expect([id, await before.nextOf(id)]).toEqual([id, soonMs]);
      }
      await before.scheduler.addJob({ id: "paused", func: "work", trigger: cron({ hour }), nextRunTime: null });
      const byHand = new Date(soonMs + 1_234);
      await before.scheduler.addJob({ id: "by hand", func: "work", trigger: cron({ hour }), nextRunTime: byHand });
    }
    await using after = await started(store, newer(hours));
    const movedMs = soonMs - (hours - 1) * HOUR_MS;
    for (const id of Object.keys(local)) {
      await eventually(async () => expect([id, await after.nextOf(id)]).toEqual([id, movedMs]));
    }
    for (const id of ["date, by its offset", "date without days"])
      expect([id, await after.nextOf(id)]).toEqual([id, soonMs]);
    for (const id of ["interval", "date in"]) expect(Math.abs((await after.nextOf(id))! - soonMs)).toBeLessThan(60_000);
    expect([await after.nextOf("paused"), await after.nextOf("by hand")]).toEqual([undefined, soonMs + 1_234]);
    await after.scheduler.resumeJob("paused");
    expect(await after.nextOf("paused")).toBe(movedMs);
  });

  test("a run that is due by the old rules and not by the new ones waits; one that has become due runs", async () => {
    const store = storeOf(kind);
    const shifted = (hours: number) => source("2098b", () => hours * HOUR_MS);
    const minuteAgo = new Date(Math.floor(Date.now() / 60_000) * 60_000 - 60_000);
    const [at, later] = [minuteAgo.getTime() + HOUR_MS, minuteAgo.getTime() + 2 * HOUR_MS].map((ms) => new Date(ms));
    const of = (when: Date) => cron({ hour: when.getUTCHours(), minute: when.getUTCMinutes() });
    const spec = { func: "work", misfireGraceTime: null };
    {
      useZoneSource(older);
      await using before = new Scheduler({ timezone: ZONE, logger: quiet, stores: { default: store() } });
      await before.start({ paused: true });
      await before.addJob({ ...spec, id: "due", trigger: of(at!), nextRunTime: minuteAgo });
      await before.addJob({ ...spec, id: "not yet", trigger: of(later!) });
    }
    await using behind = await started(store, shifted(0));
    await eventually(async () => expect(await behind.nextOf("due")).toBe(minuteAgo.getTime() + HOUR_MS));
    expect(behind.ran).toEqual([]);
    await behind.scheduler.shutdown();
    await using ahead = await started(
      store,
      source("2098c", () => 2 * HOUR_MS),
    );
    await eventually(() => expect(ahead.ran).toContain(minuteAgo.getTime()));
  });

  test("a zone that a process does not know is followed as it was stored", async () => {
    const store = storeOf(kind);
    const timezone = "America/New_York";
    const triggers: Record<string, () => Trigger> = {
      cron: () => cron({ hour, timezone }),
      crontab: () => crontab(`0 ${hour} * * *`, { timezone }),
      calendarInterval: () => calendarInterval({ days: 1, hour, timezone }),
      "interval from a local time": () => interval({ hours: 30, startDate: localText(soon), timezone }),
      anyOf: () => anyOf(cron({ hour, timezone }), interval({ hours: 500 })),
      "elapsed time": () => interval({ hours: 500, anchor: NOW, timezone }),
    };
    const expected: Record<string, number> = {};
    {
      useZoneSource(older);
      await using before = new Scheduler({ timezone: "UTC", logger: quiet, stores: { default: store() } });
      await before.start({ paused: true });
      for (const [id, make] of Object.entries(triggers)) {
        const spec = { id, func: "work", trigger: make(), misfireGraceTime: null };
        const { nextRunTime } = await before.addJob(spec);
        expected[id] = nextRunTime!.getTime();
        await before.addJob({ ...spec, id: `due ${id}`, nextRunTime: new Date(NOW) });
        expected[`due ${id}`] = expected[id];
      }
      const runAt = localText(soon);
      const once = await before.addJob({ id: "date", func: "work", trigger: date({ runAt, timezone }) });
      expected["date"] = once.nextRunTime!.getTime();
    }
    await using after = await started(store, { ...older, lacks: (name) => name === timezone });
    await eventually(() => expect(after.ran).toEqual(Object.keys(triggers).map(() => NOW)));
    for (const [id, next] of Object.entries(expected))
      await eventually(async () => expect([id, await after.nextOf(id)]).toEqual([id, next]));
    const trigger = cron({ hour, timezone: "UTC" });
    await expect(after.scheduler.rescheduleJob("cron", { ...trigger.toJSON(), timezone })).rejects.toThrow(
      `unknown time zone "${timezone}"`,
    );
  });

  test("sets of jobs and crontab lines that are declared again are moved and kept", async () => {
    const store = storeOf(kind);
    const declare = async ({ scheduler }: Awaited<ReturnType<typeof started>>) => {
      registerCrontab(scheduler);
      const trigger = crontab(`0 ${hour} * * *`, { timezone: ZONE });
      await scheduler.declareJobs("set", [{ id: "daily", func: "work", trigger }]);
      const table = `CRON_TZ=${ZONE}\n0 ${hour} * * * true\n`;
      return (await applyCrontab(scheduler, table, { user: "u", logger: quiet })).kept.length;
    };
    {
      await using before = await started(store, older);
      expect(await declare(before)).toBe(0);
      const jobs = await before.scheduler.getJobs();
      expect(jobs.map(({ nextRunTime }) => nextRunTime?.getTime())).toEqual([soonMs, soonMs]);
    }
    await using after = await started(store, newer(2));
    expect(await declare(after)).toBe(1);
    await eventually(async () => {
      const jobs = await after.scheduler.getJobs();
      expect(jobs.map(({ nextRunTime }) => nextRunTime?.getTime())).toEqual([soonMs - HOUR_MS, soonMs - HOUR_MS]);
    });
  });

  test("of two processes the newer database counts, whichever starts last", async () => {
    const store = storeOf(kind);
    const rules = [older, newer(2, 5), newer(0, 3), older, newer(2, 5), newer(0, 3)];
    const seen: unknown[] = [];
    for (const [at, each] of rules.entries()) {
      await using scheduler = await started(store, each);
      const nextRunTime = at === 0 ? {} : { nextRunTime: new Date(Date.now() - 1_000) };
      if (at === 0) await scheduler.scheduler.addJob({ id: "job", func: "work", trigger: cron({ hour }) });
      await eventually(async () => expect(await scheduler.nextOf("job")).toBe(soonMs - (at === 0 ? 0 : HOUR_MS)));
      if (at === 0) continue;
      // The next run is computed by the newest rules at whichever runs the job.
      await scheduler.scheduler.modifyJob("job", { ...nextRunTime, misfireGraceTime: null });
      await eventually(() => expect(scheduler.ran).toHaveLength(1));
      seen.push(await scheduler.nextOf("job"));
    }
    expect(new Set(seen)).toEqual(new Set([soonMs - HOUR_MS]));
  });
});

test("whenever the new rules are learned, each day's run happens once", () => {
  const T0 = Date.UTC(2030, 2, 1);
  const days = 20;
  const triggers = [
    () => cron({ hour: 9, timezone: ZONE }),
    () => crontab("0 9 * * *", { timezone: ZONE }),
    () => calendarInterval({ days: 1, hour: 9, startDate: T0, timezone: ZONE }),
    () => anyOf(cron({ hour: 9, timezone: ZONE })),
    () => cron({ hour: 9, timezone: ZONE, jitter: 1_800 }),
  ];
  const change = fc.record({
    trigger: fc.constantFrom(...triggers),
    /** In half hours. */
    shift: fc.constantFrom(-4, -2, -1, 1, 2, 4),
    changeDay: fc.integer({ min: 2, max: days - 2 }),
    learnedHour: fc.integer({ min: 1, max: days * 24 - 25 }),
    jitter: fc.double({ min: 0, max: 0.99, noNaN: true }),
  });
  fc.assert(
    fc.property(change, ({ trigger, shift, changeDay, learnedHour, jitter }) => {
      const changeMs = T0 + changeDay * DAY_MS + 2 * HOUR_MS;
      const learnedMs = T0 + learnedHour * HOUR_MS;
      const after = source("2098b", (at) => HOUR_MS + (at < changeMs ? 0 : (shift * HOUR_MS) / 2));
      const runs: number[] = [];
      const runUntil = (of: Trigger, from: number | null, untilMs: number) => {
        let at = from;
        for (; at !== null && at < untilMs; at = of.next(at, at, () => jitter)) runs.push(at);
        return at;
      };
      useZoneSource(older);
      const rules = zoneRulesText([ZONE], T0)!;
      const old = trigger();
      const pending = runUntil(
        old,
        old.next(null, T0, () => jitter),
        learnedMs,
      );
      useZoneSource(after);
      const now = trigger();
      const moved = migratePendingRun(now.toJSON(), rules, pending!);
      runUntil(now, moved, T0 + days * DAY_MS);
      expect(runs).toHaveLength(days);
      expect([...runs].sort((a, b) => a - b)).toEqual(runs);
      const seen = runs.map((at, day) => at - (T0 + day * DAY_MS) - 8 * HOUR_MS);
      for (const offMs of seen) expect(Math.abs(offMs)).toBeLessThanOrEqual(3 * HOUR_MS);
    }),
    { numRuns: 300 },
  );
});
