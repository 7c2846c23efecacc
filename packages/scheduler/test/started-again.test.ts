import { eventually } from "@headline/testkit";
import { describe, expect, test } from "@jest/globals";
import { applyCrontab, installTable, registerCrontab } from "../src/crontab/index.js";
import { date, Scheduler } from "../src/index.js";
import { everyStore, STORE_KINDS, type StoreKind } from "./every-store.js";
import { heard } from "./quiet.js";

const openStore = everyStore({ shared: true });

/** A scheduler of a program that shares its namespace with the next start of it. */
async function started(kind: StoreKind, namespace: string, timezone = "UTC") {
  const stores = { default: openStore(kind, namespace) };
  const scheduler = new Scheduler({ logger: heard(), timezone, stores });
  const runs: number[] = [];
  scheduler.registerTask("work", ({ scheduledAt }) => void runs.push(scheduledAt));
  await scheduler.start();
  return { scheduler, runs, [Symbol.asyncDispose]: () => scheduler.shutdown() };
}

describe.each(STORE_KINDS)("a program that is started again, on %s", (kind) => {
  test.each(["keep", "replace", "error"] as const)("runs a one-off once (%s)", async (onConflict) => {
    const runAt = new Date(Date.now() - 10);
    const spec = { id: "once", func: "work", misfireGraceTime: null, onConflict, trigger: date({ runAt }) } as const;
    for (const boot of [1, 2, 3]) {
      await using program = await started(kind, `once-${onConflict}-${kind}`);
      const { scheduler, runs } = program;
      await scheduler.addJob(spec);
      await scheduler.addJob({ id: `after ${boot}`, func: "work", trigger: date() });
      await eventually(async () => {
        const ended = await scheduler.executions({ jobId: `after ${boot}` });
        expect(ended.executions).toMatchObject([{ state: "executed" }]);
      });
      await eventually(async () => expect(await scheduler.getJob("once")).toBeUndefined());
      expect(runs.filter((at) => at === runAt.getTime())).toHaveLength(boot === 1 ? 1 : 0);
      expect((await scheduler.executions({ jobId: "once" })).executions).toHaveLength(1);
    }
  });

  test("reads triggers that were given as texts as they were stored", async () => {
    const texts = ["*/5 * * * *", "@daily", "every 5 minutes", "0 9 * * 1-5", "2131-01-31 12:30"];
    const seen: unknown[] = [];
    for (const zone of ["Asia/Shanghai", "America/New_York"]) {
      await using program = await started(kind, `texts-${kind}`, zone);
      const { scheduler } = program;
      if (seen.length === 0)
        for (const text of texts) await scheduler.addJob({ id: text, func: "work", trigger: text });
      const jobs = await Promise.all(texts.map((text) => scheduler.getJob(text)));
      seen.push(jobs.map((job) => [JSON.stringify(job!.trigger), job!.nextRunTime!.getTime()]));
    }
    expect(seen[1]).toEqual(seen[0]);
    await using program = await started(kind, `texts-${kind}`);
    await expect(program.scheduler.addJob({ func: "work", trigger: "0 0 12 * * ?" })).rejects.toThrow("needs 5 fields");
  });

  test("reads the times of a crontab in the table's zone, whatever its own is", async () => {
    const table = "CRON_TZ=Europe/Berlin\n30 9 * * * true\n";
    const nexts: unknown[] = [];
    for (const zone of ["Asia/Shanghai", "America/New_York"]) {
      await using program = await started(kind, `zone-${kind}`, zone);
      const { scheduler } = program;
      registerCrontab(scheduler);
      await applyCrontab(scheduler, table, { user: "u", logger: heard() });
      const installed = await installTable(
        scheduler,
        { user: "v", text: "30 9 * * * true\n", system: false },
        { logger: heard() },
      );
      expect(installed.timezone).toBe("Asia/Shanghai");
      nexts.push((await scheduler.getJobs()).map(({ id, nextRunTime }) => [id, nextRunTime?.getTime()]));
    }
    expect(nexts[1]).toEqual(nexts[0]);
  });
});
