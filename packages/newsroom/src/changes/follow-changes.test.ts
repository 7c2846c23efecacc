import { fileURLToPath } from "node:url";
import { migrate, openMysql } from "@headline/mysql";
import { openRedis, waitForRedis } from "@headline/redis";
import { eventually, migratedMysql, openProxy, throwawayRedis } from "@headline/testkit";
import { describe, expect, jest, test } from "@jest/globals";
import { appendChanges, type Change, type ChangeSource, followChanges, wakeFollowers } from "./index.js";
import { wakeChannel } from "./wake-followers.js";

const MIGRATIONS = fileURLToPath(new URL("../../migrations", import.meta.url));

async function openWorld() {
  const database = await migratedMysql((url) => migrate(url, MIGRATIONS));
  const mysql = openMysql(database.url, { acquireTimeoutMs: 30_000, statementTimeoutMs: 30_000 });
  const received: (Change & { by: ChangeSource })[] = [];
  return {
    url: database.url,
    mysql,
    received,
    onChanges: (changes: readonly Change[], by: ChangeSource) =>
      void received.push(...changes.map((change) => ({ ...change, by }))),
    /** A change that was written `agoMs` ago. */
    old: (subjectId: bigint, agoMs: number) =>
      mysql.write(
        "INSERT INTO changes (topic, subject_id, version, created_at) VALUES ('article', ?, 1, UNIX_TIMESTAMP(NOW(3)) * 1000 - ?)",
        [subjectId, agoMs],
      ),
    [Symbol.asyncDispose]: async () => {
      await mysql.close();
      await database[Symbol.asyncDispose]();
    },
  };
}

const article = (subjectId: bigint, version = 1): Change => ({ topic: "article", subjectId, version });
const NEVER_MS = 1_000_000;

describe("following changes", () => {
  test("tells what is written from now on, once, in the transaction's own terms", async () => {
    await using world = await openWorld();
    const { mysql, received, onChanges } = world;
    await using follower = followChanges({ mysql, onChanges, pollMs: NEVER_MS });
    await mysql.transaction((tx) => appendChanges(tx, article(1n), article(2n, 9)));
    await mysql
      .transaction(async (tx) => {
        await appendChanges(tx, article(3n));
        throw new Error("rolled back");
      })
      .catch(() => undefined);
    await follower.poll();
    await follower.poll();
    expect(received).toEqual([
      { ...article(1n), by: "table" },
      { ...article(2n, 9), by: "table" },
    ]);
  });

  test("misses nothing of transactions that commit out of order", async () => {
    await using world = await openWorld();
    const { mysql, received, onChanges } = world;
    await using follower = followChanges({ mysql, onChanges, pollMs: NEVER_MS });
    await mysql.transaction(async (slow) => {
      await appendChanges(slow, article(1n)); // has its number, and is not there yet
      await mysql.transaction((quick) => appendChanges(quick, article(2n)));
      await follower.poll();
      expect(received.map(({ subjectId }) => subjectId)).toEqual([2n]);
    });
    await follower.poll();
    expect(received.map(({ subjectId }) => subjectId)).toEqual([2n, 1n]);
  });

  test("does not tell what is long settled, and does not read it again", async () => {
    await using world = await openWorld();
    const { mysql, received, onChanges, old } = world;
    await old(1n, 60_000);
    await old(2n, 30_000);
    await using follower = followChanges({ mysql, onChanges, pollMs: NEVER_MS });
    await follower.poll();
    await old(3n, 20_000);
    await follower.poll();
    expect(received.map(({ subjectId }) => subjectId)).toEqual([3n]);
    await mysql.write("DELETE FROM changes WHERE subject_id = 3");
    await mysql.write(
      "INSERT INTO changes (seq, topic, subject_id, version, created_at) VALUES (3, 'article', 4, 1, 0)",
    );
    await follower.poll();
    expect(received.map(({ subjectId }) => subjectId)).toEqual([3n]); // number 3 is behind it
  });

  test("tells more than a page, and again what the listener could not take", async () => {
    await using world = await openWorld();
    const { mysql, received, onChanges } = world;
    let refuse = true;
    await using follower = followChanges({
      mysql,
      pollMs: NEVER_MS,
      onChanges: (changes, by) => {
        if (refuse) throw new Error("not now");
        onChanges(changes, by);
      },
    });
    for (let batch = 0; batch < 5; batch += 1)
      await appendChanges(mysql, ...Array.from({ length: 500 }, (_, index) => article(BigInt(batch * 500 + index))));
    await expect(follower.poll()).rejects.toThrow("not now");
    refuse = false;
    await follower.poll();
    expect(received).toHaveLength(2_500);
    expect(new Set(received.map(({ subjectId }) => subjectId)).size).toBe(2_500);
  });

  test("hears messages at once, and reads the table when they do not come", async () => {
    await using world = await openWorld();
    const { mysql, received, onChanges } = world;
    await using server = await throwawayRedis();
    await using proxy = await openProxy({ target: server.target });
    const subscriber = openRedis(`redis://127.0.0.1:${proxy.port}`, { subscriber: true });
    const redis = openRedis(server.url, { commandTimeoutMs: 10_000 });
    await Promise.all([waitForRedis(subscriber, 30_000), waitForRedis(redis, 30_000)]);
    await using _follower = followChanges({ mysql, subscriber, onChanges, pollMs: 300 });
    await eventually(async () => {
      await wakeFollowers(redis, article(7n, 70), article(8n, 80));
      expect(received).toContainEqual({ ...article(8n, 80), by: "message" });
    });
    for (const nonsense of ["", "article", "article x 1", "article 1 2 3"])
      await redis.publish(wakeChannel(redis), nonsense);
    expect(received.every(({ subjectId }) => subjectId === 7n || subjectId === 8n)).toBe(true);

    proxy.blackhole();
    await appendChanges(mysql, article(9n));
    await wakeFollowers(redis, article(9n));
    await eventually(() => expect(received).toContainEqual({ ...article(9n), by: "table" }));
    expect(received).not.toContainEqual({ ...article(9n), by: "message" });
    proxy.heal();
    await eventually(async () => {
      await wakeFollowers(redis, article(10n));
      expect(received).toContainEqual({ ...article(10n), by: "message" });
    });
    subscriber.disconnect();
    redis.disconnect();
  });

  test("does not hear the messages of another database of the same Redis", async () => {
    await using world = await openWorld();
    const { mysql, received, onChanges } = world;
    await using server = await throwawayRedis({ tcp: true });
    const [here, elsewhere, subscriber] = [
      openRedis(`${server.url}/0`, { commandTimeoutMs: 10_000 }),
      openRedis(`${server.url}/1`, { commandTimeoutMs: 10_000 }),
      openRedis(`${server.url}/0`, { subscriber: true }),
    ];
    await Promise.all([here, elsewhere, subscriber].map((redis) => waitForRedis(redis, 30_000)));
    await using _follower = followChanges({ mysql, subscriber, onChanges, pollMs: 60_000 });
    await eventually(async () =>
      expect(await here.pubsub("NUMSUB", wakeChannel(here))).toEqual([wakeChannel(here), 1]),
    );
    await wakeFollowers(elsewhere, article(7n, 8_000_000_000_000_000));
    await wakeFollowers(here, article(8n, 80)); // after the other, on the subscriber's one connection
    await eventually(() => expect(received).toContainEqual({ ...article(8n, 80), by: "message" }));
    expect(received).toEqual([{ ...article(8n, 80), by: "message" }]);
    for (const redis of [here, elsewhere, subscriber]) redis.disconnect();
  });
});

test.each([
  { fault: "blackhole", awayMs: 0 },
  { fault: "refuse", awayMs: 11_000 }, // by then what changed first is settled, and looks like what was before
] as const)("opened while MySQL is away ($fault), it tells what changed meanwhile and nothing before", async (away) => {
  const errors: unknown[] = [];
  await using world = await openWorld();
  const { received, onChanges, old } = world;
  const { searchParams, pathname } = new URL(world.url);
  await using proxy = await openProxy({ target: { path: searchParams.get("socketPath") ?? "" } });
  await using mysql = openMysql(`mysql://root@127.0.0.1:${proxy.port}${pathname}`);
  await old(1n, 60_000);
  await old(2n, 15_000);
  await proxy[away.fault]();
  await using follower = followChanges({ mysql, onChanges, pollMs: 50, onError: (error) => errors.push(error) });
  await appendChanges(world.mysql, article(3n));
  await eventually(() => expect(errors.length).toBeGreaterThan(1));
  using _clock = laterBy(away.awayMs);
  await world.mysql.write("UPDATE changes SET created_at = created_at - ?", [away.awayMs]);
  expect(received).toEqual([]);
  await proxy.listen();
  proxy.heal();
  await eventually(() => expect(received.map(({ subjectId }) => subjectId)).toEqual([3n]));
  await eventually(() => follower.poll());
  expect(received).toHaveLength(1);
});

/** As if so much time had passed on this process's clock, until disposed of. */
function laterBy(ms: number): Disposable {
  const now = performance.now.bind(performance);
  const clock = jest.spyOn(performance, "now").mockImplementation(() => now() + ms);
  return { [Symbol.dispose]: () => clock.mockRestore() };
}

test("the README's example holds", async () => {
  await using world = await openWorld();
  const { mysql } = world;
  const seen: Change[] = [];
  await using _following = followChanges({
    mysql,
    pollMs: 50,
    onChanges: (changes) => void seen.push(...changes),
  });
  await mysql.transaction(async (tx) => {
    await appendChanges(tx, { topic: "article", subjectId: 7n, version: 2 });
  });
  await eventually(() => expect(seen).toEqual([{ topic: "article", subjectId: 7n, version: 2 }]));
});
