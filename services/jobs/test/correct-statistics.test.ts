import { openRedis, waitForRedis } from "@headline/redis";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { RunningJobs } from "../src/open-jobs.js";
import { bearer, type Client, client, eventually, openJobsOf, openWorld, type World } from "./open-world.js";

let world: World;
let jobs: RunningJobs;
let author: bigint;
let writer: Client;

beforeAll(async () => {
  world = await openWorld();
  author = await world.addUser("author");
  jobs = await openJobsOf(world, { periods: { correctSeconds: 1 } });
  writer = client(await world.openGateway({ recommenderAddress: "127.0.0.1:1" }), await bearer(author));
  for (let count = 0; count < 3; count += 1)
    await writer.post("/articles", { title: `article ${count}`, content: "…", channel_id: 101 });
});

afterAll(async () => {
  await jobs?.[Symbol.asyncDispose]();
  await world?.[Symbol.asyncDispose]();
});

const count = async () => (await writer.get("/users/me")).body.data.article_count;

async function summaries(): Promise<{ wrong: number; largest_error: number; members_checked: number }[]> {
  const { executions } = await jobs.scheduler.executions({ jobId: "correct-statistics", states: ["executed"] });
  return executions.map(({ result }) => result as never);
}

describe("the correction job", () => {
  test("repairs a wrong count within a period, and its run says what it found", async () => {
    expect(await count()).toBe(3);
    await world.mysql.write("UPDATE user_statistics SET articles = 10, version = version + 1 WHERE user_id = ?", [
      author,
    ]);
    await eventually(
      async () => {
        const found = (await summaries()).find(({ wrong }) => wrong > 0);
        expect(found).toMatchObject({ largest_error: 7 });
        expect(found?.members_checked).toBeGreaterThan(3);
        expect(await count()).toBe(3);
      },
      { everyMs: 50 },
    );
  });

  test("leaves nothing wrong behind a FLUSHALL", async () => {
    const redis = openRedis(world.redis.url, { commandTimeoutMs: 10_000 });
    await waitForRedis(redis, 30_000);
    await redis.flushall();
    redis.disconnect();
    const runs = (await summaries()).length;
    await eventually(async () => expect((await summaries()).length).toBeGreaterThan(runs), {
      everyMs: 50,
    });
    expect(await count()).toBe(3);
  });

  test("finds nothing wrong beside live writes, and tells Prometheus", async () => {
    const from = (await summaries()).length;
    for (let article = 0; article < 60; article += 1)
      await writer.post("/articles", { title: `live ${article}`, content: "…", channel_id: 102 });
    await eventually(async () => expect((await summaries()).length).toBeGreaterThan(from + 1), {
      everyMs: 50,
    });
    const [latest] = await summaries();
    expect(latest).toMatchObject({ wrong: 0, largest_error: 0 });
    expect(await count()).toBe(63);
    const metrics = await (await fetch(`${jobs.url}/metrics`)).text();
    expect(metrics).toMatch(/^headline_correction_wrong 0$/m);
    expect(metrics).toMatch(/^headline_correction_members_checked [1-9]\d*$/m);
  });
});
