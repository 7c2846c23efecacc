import { publishJob, publishScheduled } from "@headline/newsroom/articles";
import { type JobsIn, jobsIn, openJobStore } from "@headline/newsroom/jobs";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { RunningJobs } from "../src/open-jobs.js";
import { bearer, type Client, client, eventually, openJobsOf, openWorld, type World } from "./open-world.js";

let world: World;
let jobs: RunningJobs;
let author: bigint;
let writer: Client;
let reader: Client;

beforeAll(async () => {
  world = await openWorld();
  author = await world.addUser("author");
  const follower = await world.addUser("follower");
  await world.mysql.write("INSERT INTO follows (user_id, author_id, created_at) VALUES (?, ?, 1)", [follower, author]);
  jobs = await openJobsOf(world);
  const gateway = await world.openGateway({ recommenderAddress: "127.0.0.1:1" });
  writer = client(gateway, await bearer(author));
  reader = client(gateway);
});

afterAll(async () => {
  await jobs?.[Symbol.asyncDispose]();
  await world?.[Symbol.asyncDispose]();
});

const draft = (publish_at: unknown) => ({ title: "Later", content: "Patience", channel_id: 101, publish_at });
const jobOf = (articleId: string) => jobs.scheduler.getJob(`publish:${articleId}`);
const articlesOf = async () => (await reader.get(`/users/${author}`)).body.data.article_count;

async function write(publish_at: unknown): Promise<string> {
  const { status, body } = await writer.post("/articles", draft(publish_at));
  expect(status).toBe(201);
  return body.data.article_id;
}

/** A time that is past by when it arrives is refused, and the next one is asked for. */
async function moveTo(articleId: string, publishAt: () => number, more: object = {}): Promise<void> {
  await eventually(async () => {
    const body = { publish_at: publishAt(), ...more };
    expect((await writer.send("PATCH", `/articles/${articleId}`, { body })).status).toBe(200);
  });
}

async function isShown(articleId: string): Promise<boolean> {
  return (await reader.get(`/articles/${articleId}`)).status === 200;
}

async function withJobs<Result>(use: (jobsOf: JobsIn) => Promise<Result>): Promise<Result> {
  const store = openJobStore(world.mysqlUrl);
  try {
    return await use(jobsIn(store));
  } finally {
    await store.close();
  }
}

describe("an article with publish_at", () => {
  test("is there for nobody before its time and for everybody after it, and counts from then on", async () => {
    const before = await articlesOf();
    const id = await write(Date.now() + 3_600_000);
    expect(await isShown(id)).toBe(false);
    expect((await reader.get(`/users/${author}/articles`)).body.data.results).toEqual([]);
    expect(await articlesOf()).toBe(before);
    await moveTo(id, () => Date.now() + 1_000);
    await eventually(async () => expect(await isShown(id)).toBe(true));
    await eventually(async () => expect(await articlesOf()).toBe(before + 1));
    expect(await jobOf(id)).toBeUndefined();
    const [told] = await world.mysql.query<{ kinds: string }>(
      "SELECT GROUP_CONCAT(kind ORDER BY kind) AS kinds FROM notifications WHERE subject_id = ? AND kind = 'article_published'",
      [id],
    );
    expect(told?.kinds).toBe("article_published");
    await eventually(async () => {
      const rows = await world.mysql.query(
        "SELECT id FROM notifications WHERE subject_id = ? AND kind = 'new_article'",
        [id],
      );
      expect(rows).toHaveLength(1);
    });
  });

  test("takes ISO 8601 with an offset, and its job is due at that moment", async () => {
    const at = new Date(Date.now() + 3_600_000);
    const id = await write(at.toISOString().replace("Z", "+00:00"));
    expect((await jobOf(id))?.nextRunTime).toEqual(at);
  });

  test("moves with its time, is held back by null, and comes when it has a time again", async () => {
    const id = await write(Date.now() + 3_600_000);
    const later = Date.now() + 7_200_000;
    expect((await writer.send("PATCH", `/articles/${id}`, { body: { publish_at: later } })).status).toBe(200);
    expect((await jobOf(id))?.nextRunTime?.getTime()).toBe(later);
    expect((await writer.send("PATCH", `/articles/${id}`, { body: { publish_at: null } })).status).toBe(200);
    expect((await jobOf(id))?.paused).toBe(true);
    const [own] = (await writer.get("/users/me/articles?per_page=1")).body.data.results;
    expect(own).toMatchObject({ article_id: id, status: "held", publish_at: null, pubdate: null, like_count: 0 });
    await moveTo(id, () => Date.now() + 1_000, { title: "Now" });
    await eventually(async () => expect(await isShown(id)).toBe(true));
    expect((await reader.get(`/articles/${id}`)).body.data.title).toBe("Now");
    const again = await writer.send("PATCH", `/articles/${id}`, { body: { publish_at: later } });
    expect(again.status).toBe(422);
  });

  test("moved while its job starts, it is published by the run of its new time, and that run is not held up", async () => {
    const id = await write(Date.now() + 1_000);
    const runs = async () => (await jobs.scheduler.executions({ jobId: `publish:${id}` })).executions;
    await withJobs((jobsOf) =>
      world.mysql.transaction(async (tx) => {
        await tx.query("SELECT id FROM articles WHERE id = ? FOR UPDATE", [id]);
        await eventually(async () => expect(await runs()).toMatchObject([{ state: "running" }]));
        const publishAt = Date.now() + 3_600_000;
        await tx.write("UPDATE articles SET publish_at = ? WHERE id = ?", [publishAt, id]);
        await jobsOf(tx).put(publishJob(BigInt(id), publishAt));
      }),
    );
    await eventually(async () => expect(await runs()).toMatchObject([{ state: "executed", result: "due later" }]));
    expect(await isShown(id)).toBe(false);
    expect((await jobOf(id))?.paused).toBe(false);
    await moveTo(id, () => Date.now() + 1_000);
    await eventually(async () => expect(await isShown(id)).toBe(true));
    await eventually(async () =>
      expect((await runs()).map(({ result }) => result).sort()).toEqual(["due later", "published"]),
    );
    expect((await runs()).map(({ state }) => state)).toEqual(["executed", "executed"]);
  });

  test("a run tries again only where its own time has not come by the clock of the database", async () => {
    const publishAt = Date.now() + 3_600_000;
    const id = BigInt(await write(publishAt));
    await withJobs(async (jobsOf) => {
      const run = (scheduledAtMs: number) => publishScheduled(world.mysql, jobsOf, id, scheduledAtMs);
      await expect(run(publishAt)).rejects.toThrow(/due in \d+ ms/);
      expect((await run(publishAt - 1)).outcome).toBe("due later");
      await world.mysql.write("UPDATE articles SET publish_at = 1 WHERE id = ?", [id]);
      const outcomes = await Promise.all([run(publishAt), run(0)]);
      expect(outcomes.map(({ outcome }) => outcome).sort()).toEqual(["published", "published before"]);
    });
  });

  test("is never published once it is deleted, and its job goes with it", async () => {
    const before = await articlesOf();
    const at = Date.now() + 3_000;
    const id = await write(at);
    expect((await writer.send("DELETE", `/articles/${id}`)).status).toBe(200);
    expect(await jobOf(id)).toBeUndefined();
    const next = await write(at + 1);
    await eventually(async () => expect(await isShown(next)).toBe(true));
    expect(await isShown(id)).toBe(false);
    await eventually(async () => expect(await articlesOf()).toBe(before + 1));
  });

  test("does not exist for anybody else, not even for those who would change it", async () => {
    const id = await write(Date.now() + 3_600_000);
    const gateway = await world.openGateway({ recommenderAddress: "127.0.0.1:1" });
    const other = client(gateway, await bearer(await world.addUser("other")));
    expect((await other.send("PATCH", `/articles/${id}`, { body: { title: "Mine" } })).status).toBe(404);
    expect((await other.send("DELETE", `/articles/${id}`)).status).toBe(404);
  });

  test.each([
    ["a past time", 1],
    ["more than a year", Date.now() + 366 * 86_400_000],
    ["text", "tomorrow"],
    ["no offset", "2099-01-01T00:00:00"],
  ])("with %s is refused, naming the field", async (_name, publish_at) => {
    const { status, body } = await writer.post("/articles", draft(publish_at));
    expect(status).toBe(400);
    expect(body.errors[0].field).toBe("publish_at");
  });

  test("whose job was lost is published by the healing job", async () => {
    const id = await write(Date.now() + 3_600_000);
    await jobs.scheduler.removeJob(`publish:${id}`);
    await world.mysql.write("UPDATE articles SET publish_at = publish_at - 3700000 WHERE id = ?", [id]);
    await eventually(async () => void (await jobs.scheduler.runNow("heal-articles")));
    await eventually(async () => expect(await isShown(id)).toBe(true));
  });
});

describe("followers", () => {
  test("are told of an article at once published, each once, in pieces that workers share", async () => {
    const many = 2_345;
    const first = await world.addUser("the first of many");
    const values = Array.from({ length: many }, (_, index) => `(${first + BigInt(index)}, ${author}, 1)`);
    await world.mysql.write(`INSERT IGNORE INTO follows (user_id, author_id, created_at) VALUES ${values.join(",")}`);
    const { body } = await writer.post("/articles", { title: "News", content: "…", channel_id: 101 });
    await eventually(
      async () => {
        const [row] = await world.mysql.query<{ told: string }>(
          "SELECT COUNT(*) AS told FROM notifications WHERE kind = 'new_article' AND subject_id = ?",
          [body.data.article_id],
        );
        expect(Number(row?.told)).toBe(many + 1);
      },
      { everyMs: 100 },
    );
    await eventually(async () => {
      const { executions } = await jobs.scheduler.executions({ jobId: `fan-out:${body.data.article_id}` });
      expect(executions[0]?.result).toEqual({ followers: many + 1, pieces: 3 });
    });
  });
});
