import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { RunningJobs } from "../src/open-jobs.js";
import { eventually, openJobsOf, openWorld, type World } from "./open-world.js";

const DAY_MS = 24 * 3_600_000;

let world: World;
let jobs: RunningJobs;

beforeAll(async () => {
  world = await openWorld();
  jobs = await openJobsOf(world, { eventsKeepDays: 30 });
});

afterAll(async () => {
  await jobs?.[Symbol.asyncDispose]();
  await world?.[Symbol.asyncDispose]();
});

/** Ten events a day from 40 days ago on: the first hundred are older than 30 days. */
async function landForFortyDays(): Promise<void> {
  const rows = Array.from({ length: 400 }, (_, index) => {
    const at = Date.now() - 40 * DAY_MS + Math.floor(index / 10) * DAY_MS + DAY_MS / 2;
    return `(7, 0, 1, ${index + 1}, 'click', REPEAT('\\0', 16), 1, 0, 2, ${at}, ${at}, ${at})`;
  });
  await world.mysql.write(
    `INSERT INTO events (user_id, channel_id, stamp, article_id, kind, occurrence, reason, position, bucket,
                         happened_at, accepted_at, landed_at) VALUES ${rows.join(",")}`,
  );
}

async function learntUpTo(name: string, eventId: number): Promise<void> {
  await world.mysql.write(
    "INSERT INTO model_snapshots (name, event_id, part, body, taken_at) VALUES (?, ?, 0, '', 1)",
    [name, eventId],
  );
}

/** The result of a run, and what it left in the log. */
async function pruned(): Promise<{ deleted: unknown; first: number; count: number }> {
  const runId = await jobs.scheduler.runNow("prune-events");
  return await eventually(async () => {
    const { executions } = await jobs.scheduler.executions({ jobId: "prune-events" });
    const run = executions.find(({ id }) => id === runId);
    expect(run?.state).toBe("executed");
    const [left] = await world.mysql.query<{ first: string; count: string }>(
      "SELECT MIN(id) AS first, COUNT(*) AS count FROM events",
    );
    return { deleted: run?.result, first: Number(left?.first), count: Number(left?.count) };
  });
}

test("the timetable deletes old events, and none that a model has yet to learn from", async () => {
  await landForFortyDays();
  expect(await pruned()).toEqual({ deleted: 0, first: 1, count: 400 }); // nothing was learnt
  await learntUpTo("recommender", 30);
  await learntUpTo("recommender", 60);
  expect(await pruned()).toEqual({ deleted: 60, first: 61, count: 340 });
  await learntUpTo("recommender", 390);
  await learntUpTo("another model", 80);
  expect(await pruned()).toEqual({ deleted: 20, first: 81, count: 320 });
  await world.mysql.write("DELETE FROM model_snapshots WHERE name = 'another model'");
  expect(await pruned()).toEqual({ deleted: 20, first: 101, count: 300 });
  expect(await pruned()).toEqual({ deleted: 0, first: 101, count: 300 });
});
