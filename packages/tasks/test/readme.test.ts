import { readFileSync } from "node:fs";
import * as core from "@headline/scheduler";
import { throwawayRedis } from "@headline/testkit";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { codesIn, compiled, rowsOf } from "../../scheduler/test/example-table.js";
import { heard } from "../../scheduler/test/quiet.js";
import * as tasks from "../src/index.js";

const README = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const rows = rowsOf(README.split("## From Celery")[1]!);

let redis: Awaited<ReturnType<typeof throwawayRedis>>;
let app: tasks.TaskApp;

beforeAll(async () => {
  redis = await throwawayRedis();
  app = new tasks.TaskApp({ broker: redis.url, logger: heard() });
  app.task("add", (a: number, b: number) => a + b);
  await app.worker().start();
});
afterAll(async () => {
  await app?.close();
  await redis?.stop();
});

describe("each example of Celery's table runs and gives what its line says", () => {
  test.each(rows)("$wrote", async ({ write, gives }) => {
    if (/^not here/.test(write)) return;
    const codes = codesIn(write).filter((code) => !/^(delay|start\(\)|run\(\))$/.test(code));
    expect(codes).not.toEqual([]);
    const scheduler = new core.Scheduler({ timezone: "UTC", logger: heard() });
    const add = app.task("add", (a: number, b: number) => a + b);
    const scope = { ...core, ...tasks, app, add, scheduler };
    for (const code of codes) {
      const value = await compiled(Object.keys(scope), code)(...Object.values(scope));
      if (gives !== undefined) expect(Array.isArray(value) ? value.join(", ") : String(value)).toBe(gives);
    }
  });
});
