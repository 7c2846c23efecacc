import { eventually } from "@headline/testkit";
import { afterEach, describe, expect, test } from "@jest/globals";
import { anyOf, cron, interval, Scheduler, type Trigger } from "../src/index.js";
import { everyStore, STORE_KINDS } from "./every-store.js";
import { heard } from "./quiet.js";

const stores = everyStore();
const running: Scheduler[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((scheduler) => scheduler.shutdown({ wait: false })));
});

const PERIOD_MS = 250;
const RUNS = 8;

/** Triggers with a run in each period, whose jitter is longer than that. */
const triggers: Record<string, [periodMs: number, (anchor: number) => Trigger]> = {
  interval: [PERIOD_MS, (anchor) => interval({ milliseconds: PERIOD_MS, jitter: 2, anchor })],
  "anyOf interval": [PERIOD_MS, (anchor) => anyOf(interval({ milliseconds: PERIOD_MS, anchor }), { jitter: 2 })],
  cron: [1_000, () => cron({ second: "*", jitter: 60 })],
};

describe.each(STORE_KINDS)("a jitter longer than the period, in a %s store", (kind) => {
  test("leaves each period its one run", async () => {
    const scheduler = new Scheduler({ timezone: "UTC", logger: heard(), stores: { default: stores(kind) } });
    running.push(scheduler);
    const ran = new Map<string, number[]>(Object.keys(triggers).map((id) => [id, []]));
    scheduler.registerTask("work", ({ jobId, scheduledAt }) => void ran.get(jobId)!.push(scheduledAt));
    await scheduler.start();
    const anchor = Math.ceil(Date.now() / 1_000) * 1_000;
    const spec = { func: "work", coalesce: false, misfireGraceTime: null, maxInstances: 1_000 } as const;
    for (const [id, [, make]] of Object.entries(triggers))
      await scheduler.addJob({ ...spec, id, trigger: make(anchor) });
    await eventually(() => {
      for (const [id, [periodMs]] of Object.entries(triggers))
        expect(ran.get(id)!.length).toBeGreaterThanOrEqual((RUNS * PERIOD_MS) / periodMs);
    });
    for (const [id, [periodMs]] of Object.entries(triggers)) {
      const periods = [...ran.get(id)!].sort((a, b) => a - b).map((at) => Math.floor(at / periodMs));
      expect([id, periods]).toEqual([id, periods.map((_, index) => periods[0]! + index)]);
    }
  });
});
