import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { openMysql } from "@headline/mysql";
import { eventually } from "@headline/testkit";
import { describe, expect, test } from "@jest/globals";
import { encodeEvent } from "../../src/events/event-row.js";
import {
  EventStream,
  followEvents,
  type LandedEvent,
  newestEventId,
  openEventConsumer,
  openEventLog,
  readEvents,
} from "../../src/events/index.js";
import { insertEvents } from "../../src/events/insert-events.js";
import { event, openStores } from "./support.js";

test("the README's example holds", async () => {
  await using stores = await openStores();
  const { mysql, redis } = stores;
  await using consumer = openEventConsumer({ mysql, redis });
  await using log = await openEventLog({ mysql, redis, onWaiting: consumer.wake });
  expect(await log.append([event()])).toEqual([true]);
  const ended = new AbortController();
  const learnt: LandedEvent[] = [];
  await followEvents({
    mysql,
    from: 0n,
    signal: ended.signal,
    onBatch: (events) => {
      learnt.push(...events);
      ended.abort();
    },
  });
  expect(learnt).toMatchObject([{ ...event(), id: 1n }]);
});

describe("an event", () => {
  test("lands as it was, ids beyond 2^53 and an occurrence included", async () => {
    await using stores = await openStores();
    const strange = event({
      kind: "liking",
      userId: -9_007_199_254_740_993n,
      articleId: 9_223_372_036_854_775_807n,
      occurrence: randomUUID(),
      position: 49,
    });
    const read = event({ kind: "read", durationMs: 12_000 });
    const dislike = event({ kind: "dislike", why: "old" });
    const beforeMs = Date.now();
    expect(await insertEvents(stores.mysql, [strange, read, dislike])).toEqual([true, true, true]);
    const afterMs = Date.now();
    const landed = await stores.landed();
    expect(landed).toEqual([
      { ...strange, id: 1n, landedAtMs: expect.any(Number) },
      { ...read, id: 2n, landedAtMs: expect.any(Number) },
      { ...dislike, id: 3n, landedAtMs: expect.any(Number) },
    ]);
    expect(landed[0]?.landedAtMs).toBeGreaterThanOrEqual(beforeMs - 1); // the database rounds to a millisecond
    expect(landed[0]?.landedAtMs).toBeLessThanOrEqual(afterMs + 1);
  });

  test("counts once for (user, article, batch, kind), and once for each occurrence where it has one", async () => {
    await using stores = await openStores();
    const first = event();
    const others = [
      event({ userId: 8n }),
      event({ articleId: 98n }),
      event({ stamp: first.stamp + 1 }),
      event({ channelId: 101 }),
      event({ kind: "read" }),
      event({ kind: "liking", occurrence: randomUUID() }),
      event({ kind: "liking", occurrence: randomUUID() }),
    ];
    const again = { ...first, position: 9, happenedAtMs: 1 };
    expect(await insertEvents(stores.mysql, [first, again, ...others])).toEqual([
      true,
      false,
      ...others.map(() => true),
    ]);
    expect(await insertEvents(stores.mysql, [again, event({ userId: 9n }), ...others])).toEqual([
      false,
      true,
      ...others.map(() => false),
    ]);
    expect(await stores.landed()).toHaveLength(others.length + 2);
  });
});

describe.each([
  ["redis", true],
  ["mysql", false],
] as const)("a log that goes to %s", (goesTo, durable) => {
  test("says what is new, lands all of it once, and follows", async () => {
    await using stores = await openStores({ durable });
    await using log = await openEventLog(stores);
    await using _lander = openEventConsumer(stores);
    expect(log.goesTo).toBe(goesTo);
    // As many as an upload can have: a hundred exposures of fifty articles.
    const events = Array.from({ length: 5_000 }, (_, index) => event({ articleId: BigInt(index) }));
    expect(await log.append(events)).toEqual(events.map(() => true));
    expect(await log.append([...events.slice(0, 3), event({ userId: 8n })])).toEqual([false, false, false, true]);
    await eventually(async () => expect(await stores.landed()).toHaveLength(5_001));
  });
});

describe("Redis holds what has not landed only where it keeps what it acknowledges", () => {
  test.each([
    ["without an append-only file", false, []],
    ["that evicts", true, ["--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru"]],
  ] as const)("not one %s", async (_, durable, args) => {
    await using stores = await openStores({ durable, args });
    await using log = await openEventLog(stores);
    expect(log.goesTo).toBe("mysql");
  });

  test("one that is told to keep no file any more is noticed", async () => {
    await using stores = await openStores();
    await using log = await openEventLog(stores);
    expect(log.goesTo).toBe("redis");
    await stores.redis.config("SET", "appendonly", "no");
    await eventually(() => expect(log.goesTo).toBe("mysql"));
  });
});

describe("those who follow", () => {
  test("miss nothing beside many writers, and see it in the same order", async () => {
    await using stores = await openStores();
    await using other = openMysql(stores.mysqlUrl, { acquireTimeoutMs: 5_000, statementTimeoutMs: 5_000 });
    const ended = new AbortController();
    const seen: bigint[][] = [[], []];
    const followers = seen.map((ids, index) =>
      followEvents({
        mysql: stores.mysql,
        from: 0n,
        signal: ended.signal,
        pollMs: 1 + index,
        batchMax: 7,
        onBatch: (events) => void ids.push(...events.map(({ id }) => id)),
      }),
    );
    const writer = async (userId: bigint) => {
      for (let round = 0; round < 40; round += 1)
        await insertEvents(other, [event({ userId, stamp: round }), event({ userId, stamp: round, kind: "read" })]);
    };
    await Promise.all([1n, 2n, 3n, 4n, 5n, 6n].map(writer));
    await eventually(() => expect(seen.map((ids) => ids.length)).toEqual([480, 480]));
    ended.abort();
    await Promise.all(followers);
    expect(seen[0]).toEqual(seen[1]);
    expect(seen[0]).toEqual((await stores.landed()).map(({ id }) => id));
  });

  test("replay from where they were, are told again what they could not take, and hear what is new within a second", async () => {
    await using stores = await openStores();
    const clicks = Array.from({ length: 5 }, (_, index) => event({ articleId: BigInt(index) }));
    await insertEvents(stores.mysql, clicks);
    const from = (await readEvents(stores.mysql, 0n, 2)).at(-1)?.id ?? 0n;
    const ended = new AbortController();
    const seen: LandedEvent[] = [];
    const failures: unknown[] = [];
    const following = followEvents({
      mysql: stores.mysql,
      from,
      signal: ended.signal,
      onError: (error) => void failures.push(error),
      onBatch: (events) => {
        if (failures.length === 0) throw new Error("not now");
        seen.push(...events);
      },
    });
    await eventually(() => expect(seen.map(({ articleId }) => articleId)).toEqual([2n, 3n, 4n]));
    expect(failures).toEqual([new Error("not now")]);

    await using log = await openEventLog(stores);
    await using _lander = openEventConsumer(stores);
    await log.append([event({ articleId: 9n })]);
    await eventually(() => expect(seen.at(-1)?.articleId).toBe(9n));
    expect(await newestEventId(stores.mysql)).toBe(seen.at(-1)?.id);
    ended.abort();
    await following;
  });
});

describe("the consumer", () => {
  test("says how much waits and for how long, and leaves an empty stream", async () => {
    await using stores = await openStores();
    await using log = await openEventLog(stores);
    await log.append([event()]);
    await log.append([event({ userId: 8n }), event({ userId: 9n })]);
    await sleep(60);
    const stream = new EventStream(stores.redis);
    const waiting = await stream.lag();
    expect(waiting.entries).toBe(2);
    expect(waiting.oldestMs).toBeGreaterThanOrEqual(50);
    await using consumer = openEventConsumer(stores);
    await eventually(async () => expect(await consumer.lag()).toEqual({ entries: 0, oldestMs: 0 }));
    expect(await stores.landed()).toHaveLength(3);
  });

  test("puts aside what nobody can read, and goes on", async () => {
    await using stores = await openStores();
    for (const body of ["nonsense", "{}", '[["click"]]']) await stores.redis.xadd("events:{log}", "*", "events", body);
    await using log = await openEventLog(stores);
    await log.append([event()]);
    await using consumer = openEventConsumer(stores);
    await eventually(async () => expect(await stores.landed()).toHaveLength(1));
    await eventually(async () => expect((await consumer.lag()).entries).toBe(0));
    expect(await stores.redis.xlen("events:{log}:unreadable")).toBe(3);
  });

  test("lands what was appended before dislikes said why, as well as what says it", async () => {
    await using stores = await openStores();
    const before = event({ kind: "dislike" });
    const twelve = encodeEvent(before);
    expect(JSON.parse(twelve)).toHaveLength(12);
    await stores.redis.xadd("events:{log}", "*", "events", `[${twelve}]`);
    await using log = await openEventLog(stores);
    expect(log.goesTo).toBe("redis");
    await log.append([event({ kind: "dislike", articleId: 98n, why: "seen" })]);
    const why = twelve.replace(/\]$/, ',"because"]').replace('"97"', '"99"');
    await stores.redis.xadd("events:{log}", "*", "events", `[${why}]`);
    await using _lander = openEventConsumer(stores);
    await eventually(async () =>
      expect((await stores.landed()).map((landed) => [landed.articleId, landed.why])).toEqual([
        [97n, undefined],
        [98n, "seen"],
      ]),
    );
    await eventually(async () => expect(await stores.redis.xlen("events:{log}:unreadable")).toBe(1));
  });

  test("leaves no consumer behind when it closes, and never one that owes something", async () => {
    await using stores = await openStores();
    await using log = await openEventLog(stores);
    const stream = new EventStream(stores.redis);
    await stream.take("dead", 1); // makes the group
    await log.append([event()]);
    expect(await stream.take("dead", 1)).toHaveLength(1);
    await stream.forgetConsumers("dead");
    const consumer = openEventConsumer({ ...stores, takeOverAfterMs: 300 });
    await eventually(async () => expect(await stores.landed()).toHaveLength(1));
    await consumer[Symbol.asyncDispose]();
    const names = (await stores.redis.xinfo("CONSUMERS", "events:{log}", "landers")) as string[][];
    expect(names.map((consumer) => consumer[1])).toEqual(["dead"]);
  });

  test("two of them share the work, and each event lands once", async () => {
    await using stores = await openStores();
    await using log = await openEventLog(stores);
    await using _one = openEventConsumer({ ...stores, redis: await stores.openRedis(), takeOverAfterMs: 100 });
    await using other = openEventConsumer({ ...stores, takeOverAfterMs: 100 });
    const appends = Array.from({ length: 300 }, (_, index) => log.append([event({ articleId: BigInt(index) })]));
    await Promise.all(appends);
    await eventually(async () => expect((await other.lag()).entries).toBe(0));
    const landed = await stores.landed();
    expect(landed).toHaveLength(300);
    expect(new Set(landed.map(({ articleId }) => articleId)).size).toBe(300);
  });
});
