import { openMysql } from "@headline/mysql";
import { correctStatistics } from "@headline/newsroom/statistics";
import { openRedis, waitForRedis } from "@headline/redis";
import { inFull } from "@headline/testkit";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { type Shot, startLoad, statuses } from "./load.js";
import { bearer, client, openWorld, type World } from "./open-world.js";

const ROUNDS = inFull(16, 60);
const AUTHORS = 8;

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

test("runs of the correction beside authors who publish leave no counter wrong", async () => {
  const { recommendation, gateway: here } = await world.open();
  const there = await world.openGateway({ recommenderAddress: recommendation.address });
  const authors = await Promise.all(
    Array.from({ length: AUTHORS }, async (_, index) => {
      const userId = await world.addUser(`author ${index}`);
      return { userId, authorization: await bearer(userId) };
    }),
  );
  await using mysql = openMysql(world.mysqlUrl, { acquireTimeoutMs: 5_000, statementTimeoutMs: 10_000 });
  const redis = openRedis(world.redis.url, { commandTimeoutMs: 10_000 });
  await waitForRedis(redis, 30_000);

  const all: Shot[] = [];
  const load = startLoad(
    (index) => {
      const { authorization } = authors[index % AUTHORS] as (typeof authors)[number];
      const article = { title: "counted", content: "x", channel_id: 101 };
      return client(index % 2 === 0 ? here : there, authorization).post("/articles", article);
    },
    { clients: 2 * AUTHORS, pauseMs: inFull(30, 0) },
  );
  let wrong = 0;
  for (let round = 1; round <= ROUNDS; round += 1) {
    const report = await correctStatistics({ mysql, redis });
    expect(report.complete).toBe(true);
    for (const { counters } of report.statistics)
      for (const { wrongInMysql, wrongInRedis, staleInRedis } of Object.values(counters)) {
        wrong += wrongInMysql + wrongInRedis - staleInRedis; // stale is what Redis was asked to forget in vain, and repaired
      }
  }
  const shots = await load.stop();
  all.push(...shots);
  const { 201: published = 0, 503: refused = 0 } = statuses(shots);
  expect(published + refused).toBe(shots.length);
  expect(wrong).toBe(0);
  redis.disconnect();

  const [rows] = await mysql.query<{ count: string }>("SELECT COUNT(*) AS count FROM articles");
  expect(Number(rows?.count)).toBeGreaterThanOrEqual(statuses(all)["201"] ?? 0);
  expect(Number(rows?.count)).toBeLessThanOrEqual(all.length);
  for (const [index, { userId }] of authors.entries()) {
    const [row] = await mysql.query<{ count: string }>("SELECT COUNT(*) AS count FROM articles WHERE author_id = ?", [
      userId,
    ]);
    for (const gateway of [here, there]) {
      const shown = (await client(gateway).get(`/users/${userId}`)).body.data.article_count;
      expect([index, shown]).toEqual([index, Number(row?.count)]);
    }
  }
});
