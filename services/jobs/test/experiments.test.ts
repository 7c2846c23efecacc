import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { hash } from "@node-rs/argon2";
import type { RunningJobs } from "../src/open-jobs.js";
import { openJobsOf, openWorld, type World } from "./open-world.js";

let world: World;
let jobs: RunningJobs;

beforeAll(async () => {
  world = await openWorld();
  await world.mysql.write("INSERT INTO users (name, password_hash, is_staff, created_at) VALUES ('editor', ?, 1, 1)", [
    await hash("a long password"),
  ]);
  jobs = await openJobsOf(world);
});

afterAll(async () => {
  await jobs?.[Symbol.asyncDispose]();
  await world?.[Symbol.asyncDispose]();
});

async function page(): Promise<string> {
  const body = new URLSearchParams({ name: "editor", password: "a long password" });
  const { headers } = await fetch(`${jobs.url}/sign-in`, { method: "POST", body, redirect: "manual" });
  const cookie = headers.getSetCookie()[0]?.split(";")[0] as string;
  return (await fetch(`${jobs.url}/experiments`, { headers: { cookie } })).text();
}

async function lands(articleId: number, kind: string, bucket: number): Promise<void> {
  const now = Date.now();
  await world.mysql.write(
    `INSERT INTO events (user_id, channel_id, stamp, article_id, kind, occurrence, reason, position, bucket,
                         happened_at, accepted_at, landed_at)
     VALUES (7, 0, 1, ?, ?, REPEAT('\\0', 16), 1, 0, ?, ?, ?, ?)`,
    [articleId, kind, bucket, now, now, now],
  );
}

test("the rankings are compared by what was done with their pages; a comment is of no page", async () => {
  await lands(1, "comment", 0);
  expect(await page()).toContain("No events came in within a day.");
  await lands(1, "exposure", 2);
  await lands(2, "exposure", 2);
  await lands(2, "click", 2);
  const compared = await page();
  expect(compared).toMatch(/learned \(learned-1\)<\/strong><\/td><td [^>]*Exposures">2<\/td><td [^>]*Clicks">1<\/td>/);
  expect(compared).toContain('<li class="series-2">learned (learned-1)</li>');
  expect(compared).toContain('<g class="series-2"><polyline');
  expect(compared).not.toContain("opened by a link");
});
