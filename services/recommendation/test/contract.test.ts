import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { credentials, Metadata, type ServiceError, status } from "@grpc/grpc-js";
import { HealthClient } from "@headline/grpc";
import { connectRecommender, UserRecommendClient, type UserRequest, unaryRecommender } from "@headline/recommender";
import { openTrackKeys, type TrackKind, verifyTrackToken } from "@headline/track-token";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { historyKey } from "../src/index.js";
import { articles, ids, newReader, type Opened, openWorld, repeated, TRACK_SECRET, type World } from "./open-world.js";

const HUGE = 9_223_372_036_854_775_000n;
const root = fileURLToPath(new URL("../../../", import.meta.url));
const buf = fileURLToPath(new URL("../../../node_modules/.bin/buf", import.meta.url));
const keys = openTrackKeys(TRACK_SECRET);

let world: World;
let opened: Opened;

beforeAll(async () => {
  world = await openWorld();
  await world.seed([...articles(100), { id: HUGE, ageMs: 500, likes: 1_000, channelId: 102 }]);
  opened = await world.open();
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

/** The generated client alone, as any other caller has it. */
async function call(request: Partial<UserRequest>, sent: Record<string, string> = {}) {
  const client = new UserRecommendClient(opened.server.address, credentials.createInsecure());
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(sent)) metadata.set(name, value);
  try {
    return await new Promise<{ response: unknown; metadata: Record<string, unknown> }>((resolve, reject) => {
      let answered = new Metadata();
      const whole = { userId: 7n, channelId: 0, articleNum: 10, timeStamp: 0n, ...request };
      client
        .userRecommend(whole, metadata, { deadline: Date.now() + 5_000 }, (error, response) =>
          error ? reject(error) : resolve({ response, metadata: answered.getMap() }),
        )
        .on("metadata", (got) => {
          answered = got;
        });
    });
  } finally {
    client.close();
  }
}

describe("a wrong request is INVALID_ARGUMENT and names the field", () => {
  test.each([
    ["channel_id", "an unknown channel", { channelId: 999 }],
    ["channel_id", "a negative channel", { channelId: -1 }],
    ["article_num", "a negative number", { articleNum: -1 }],
    ["article_num", "more than 50", { articleNum: 51 }],
    ["time_stamp", "a time before the epoch", { timeStamp: -1n }],
  ])("%s: %s", async (field, _, wrong) => {
    const error = (await call(wrong).catch((e: unknown) => e)) as ServiceError;
    expect(error.code).toBe(status.INVALID_ARGUMENT);
    expect(error.details.startsWith(`${field}: `)).toBe(true);
  });

  test("records nothing", async () => {
    const ask = newReader(opened.client);
    await expect(ask(-1)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    expect(await world.keys.exists(historyKey(ask.userId))).toBe(0);
  });

  test("over the stream, too", async () => {
    const client = await world.connect(opened.server, { streaming: true });
    await expect(newReader(client)(0, { articleNum: 51 })).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: "article_num: 51 is not between 0 and 50",
    });
  });
});

test("the answer's metadata says mode, stamp, algorithm and reasons", async () => {
  const at = Date.now();
  const first = await call({ userId: 70n, timeStamp: BigInt(at) });
  expect(first.metadata).toMatchObject({
    "x-feed-mode": "refresh",
    "x-feed-algo": expect.stringMatching(/^(hot-new|learned)-1$/),
  });
  expect(Number(first.metadata["x-feed-stamp"])).toBeGreaterThanOrEqual(at);
  expect(String(first.metadata["x-feed-reasons"]).split(",")).toHaveLength(10);
  const again = await call({ userId: 70n, timeStamp: BigInt(at) });
  expect(again.metadata).toEqual({ ...first.metadata, date: expect.any(String), "x-feed-mode": "replay" });
});

test("article_num 0 means 10, and as many are answered as were asked for", async () => {
  const ask = newReader(opened.client);
  expect(ids(await ask(0, { articleNum: 0 }))).toHaveLength(10);
  expect(ids(await ask(0, { articleNum: 1 }))).toHaveLength(1);
  expect(ids(await ask(0, { articleNum: 50 }))).toHaveLength(50);
});

describe("a dry run", () => {
  test("answers in full and records nothing", async () => {
    const ask = newReader(opened.client);
    const page = await ask(0, { dryRun: true });
    expect(page).toMatchObject({ mode: "refresh", timeStamp: page.stamp - 1n });
    expect(ids(page)).toHaveLength(10);
    expect(await world.keys.exists(historyKey(ask.userId))).toBe(0);
    expect(ids(await ask(0))).toEqual(ids(page));
  });

  test("is asked for with x-feed-dry-run: 1", async () => {
    await call({ userId: 71n }, { "x-feed-dry-run": "1" });
    expect(await world.keys.exists(historyKey(71n))).toBe(0);
    await call({ userId: 71n }, { "x-feed-dry-run": "0" });
    expect(await world.keys.exists(historyKey(71n))).toBe(1);
  });

  test("finds the batch that a retry would find, on a server that has not heard of it", async () => {
    const ask = newReader(opened.client);
    const other = await world.open();
    const at = Date.now();
    await ask(0, { via: other.client });
    const page = await ask(at);
    const rehearsed = await ask(at, { dryRun: true, via: other.client });
    expect(rehearsed).toMatchObject({ mode: "replay", stamp: page.stamp });
  });
});

describe("the tracking tokens", () => {
  test.each<TrackKind>(["click", "collect", "read", "liking"])(
    "%s is bound to reader, article and batch",
    async (kind) => {
      const ask = newReader(opened.client);
      const page = await ask(0);
      for (const [position, { articleId, track }] of page.recommends.entries()) {
        const tracked = verifyTrackToken(keys, kind, track?.[kind as "click"] ?? "", Date.now());
        if (!tracked.ok) throw new Error(tracked.reason);
        expect(tracked.payload).toMatchObject({ userId: ask.userId, articleId, position, stamp: Number(page.stamp) });
      }
    },
  );

  test("one of a kind is worth nothing as another, nor for another key", async () => {
    const [first] = (await newReader(opened.client)(0)).recommends;
    const click = first?.track?.click ?? "";
    expect(verifyTrackToken(keys, "liking", click, Date.now())).toMatchObject({ ok: false });
    expect(verifyTrackToken(openTrackKeys("x".repeat(40)), "click", click, Date.now())).toMatchObject({ ok: false });
  });

  test("the exposure is bound to reader and batch, on a refresh and on a replay of the newest alone", async () => {
    const ask = newReader(opened.client);
    const first = await ask(0);
    const second = await ask(0);
    const replayed = await ask(second.stamp);
    for (const page of [second, replayed]) {
      const tracked = verifyTrackToken(keys, "exposure", page.exposure, Date.now());
      if (!tracked.ok) throw new Error(tracked.reason);
      expect(tracked.payload).toMatchObject({ userId: ask.userId, articleId: 0n, stamp: Number(second.stamp) });
    }
    expect((await ask(first.stamp)).exposure).toBe("");
  });
});

describe("readers", () => {
  test("nobody (user 0) gets a page of what is hot and new, and nothing is written to Redis", async () => {
    const before = await world.keys.dbsize();
    const request = { userId: 0n, channelId: 0, articleNum: 10, timeStamp: 0n };
    const pages = [await opened.client.recommend(request), await opened.client.recommend(request)];
    expect(pages.map(({ mode, timeStamp }) => ({ mode, timeStamp }))).toEqual([
      { mode: "refresh", timeStamp: 0n },
      { mode: "refresh", timeStamp: 0n },
    ]);
    expect(ids(pages[1] as (typeof pages)[0])).toEqual(ids(pages[0] as (typeof pages)[0]));
    expect(await world.keys.dbsize()).toBe(before);
  });

  test("guests are negative, each with a history of its own", async () => {
    const ask = (userId: bigint, timeStamp: bigint) =>
      opened.client.recommend({ userId, channelId: 0, articleNum: 10, timeStamp });
    const one = await ask(-5n, 0n);
    const other = await ask(-6n, 0n);
    expect(ids(one).some((id) => ids(other).includes(id))).toBe(true);
    expect(await ask(-5n, one.stamp)).toMatchObject({ mode: "replay", stamp: one.stamp });
    expect(repeated([one, await ask(-5n, 0n)])).toEqual([]);
  });

  test.each([HUGE, -HUGE, 9_223_372_036_854_775_807n, -9_223_372_036_854_775_808n])(
    "%s, beyond 2^53, is nobody else",
    async (userId) => {
      const page = await opened.client.recommend({ userId, channelId: 0, articleNum: 10, timeStamp: 0n });
      const [first] = page.recommends;
      const tracked = verifyTrackToken(keys, "click", first?.track?.click ?? "", Date.now());
      expect(tracked).toMatchObject({ ok: true, payload: { userId } });
      expect(await world.keys.exists(historyKey(userId))).toBe(1);
      expect(await world.keys.exists(historyKey(userId - (userId > 0n ? 1n : -1n)))).toBe(0);
    },
  );
});

test("an article id beyond 2^53 is served, replayed and tracked exactly", async () => {
  const ask = newReader(opened.client);
  const page = await ask(0, { channelId: 102 });
  expect(ids(page)).toEqual([HUGE]);
  const other = await world.open();
  const replayed = await ask(page.stamp, { channelId: 102, via: other.client });
  expect(ids(replayed)).toEqual([HUGE]);
  const tracked = verifyTrackToken(keys, "read", replayed.recommends[0]?.track?.read ?? "", Date.now());
  expect(tracked).toMatchObject({ ok: true, payload: { articleId: HUGE } });
});

describe("the edge", () => {
  test("a deadline that cannot be kept is DEADLINE_EXCEEDED in time, and leaves the server well", async () => {
    const ask = newReader(opened.client);
    await world.keys.call("CLIENT", "PAUSE", "300", "ALL");
    const request = { userId: ask.userId, channelId: 0, articleNum: 10, timeStamp: 0n };
    await expect(opened.client.recommend(request, { timeoutMs: 40 })).rejects.toMatchObject({
      code: "DEADLINE_EXCEEDED",
    });
    await world.keys.ping();
    expect(ids(await ask(0))).toHaveLength(10);
  });

  test("calls beyond the limit are RESOURCE_EXHAUSTED at once, and the others are answered", async () => {
    const { client } = await world.open({ callsMax: 8 });
    const pages = await Promise.allSettled(Array.from({ length: 100 }, () => newReader(client)(0)));
    const refused = pages.filter((page) => page.status === "rejected").map(({ reason }) => reason.code);
    expect(new Set(refused)).toEqual(new Set(["RESOURCE_EXHAUSTED"]));
    expect(pages.length - refused.length).toBeGreaterThanOrEqual(8);
    expect(ids(await newReader(client)(0))).toHaveLength(10);
  });

  test("health is SERVING, for the server and for UserRecommend", async () => {
    const client = new HealthClient(opened.server.address, credentials.createInsecure());
    const check = (service: string) =>
      new Promise<string>((resolve, reject) => {
        client.check({ service }, (error, answer) => (error ? reject(error) : resolve(String(answer.status))));
      });
    expect([await check(""), await check("UserRecommend")]).toEqual(["1", "1"]);
    client.close();
  });

  test("buf curl finds the services by reflection and calls user_recommend", async () => {
    const curl = async (...args: string[]) => {
      const options = ["curl", "--http2-prior-knowledge", "--protocol", "grpc", ...args];
      return (await promisify(execFile)(buf, options, { cwd: root, env: { ...process.env, BUF_TOKEN: "" } })).stdout;
    };
    const url = `http://${opened.server.address}`;
    const listed = await curl("--list-services", url);
    expect(listed).toContain("UserRecommend\n");
    expect(listed).toContain("headline.recommend.v1.RecommendService\n");
    const health = await curl("--data", '{"service":"UserRecommend"}', `${url}/grpc.health.v1.Health/Check`);
    expect(JSON.parse(health)).toEqual({ status: "SERVING" });
    const answer = await curl("--data", '{"user_id":"88","article_num":3}', `${url}/UserRecommend/user_recommend`);
    expect(JSON.parse(answer).recommends).toHaveLength(3);
  });

  test("feeds are not explained where everybody calls, but at the address for that", async () => {
    const apart = await world.open({ explainAddress: "localhost:0" });
    await using explainer = unaryRecommender({ address: apart.server.explainAddress as string, timeoutMs: 5_000 });
    const ask = { userId: 7n, channelId: 0, articleNum: 1 };
    expect((await explainer.explain(ask)).candidates.length).toBeGreaterThan(0);
    await expect(apart.client.explain(ask)).rejects.toThrow(/does not implement/);
    const without = await world.open({ explainAddress: undefined });
    expect(without.server.explainAddress).toBeUndefined();
    await expect(without.client.explain(ask)).rejects.toThrow(/does not implement/);
  });

  test("reflection can be off", async () => {
    const { server } = await world.open({ reflection: false });
    const args = [
      "curl",
      "--http2-prior-knowledge",
      "--protocol",
      "grpc",
      "--list-services",
      `http://${server.address}`,
    ];
    await expect(promisify(execFile)(buf, args, { cwd: root })).rejects.toThrow();
  });

  test("draining under load answers every call that was taken", async () => {
    const { server } = await world.open();
    const clients = [await world.connect(server, { streaming: true }), await world.connect(server)];
    const budget = { earn: () => undefined, spend: () => false };
    const once = connectRecommender({ address: server.address, timeoutMs: 30_000, unaryOnly: true, budget });
    const inFlight = clients.flatMap((client) => Array.from({ length: 100 }, () => newReader(client)(0)));
    await Promise.all([newReader(once)(0), inFlight[0], inFlight[100]]);
    await server[Symbol.asyncDispose]();
    const pages = await Promise.all(inFlight);
    expect(pages.map((page) => ids(page).length)).toEqual(Array(pages.length).fill(10));
    await expect(once.check()).resolves.toBe(false);
    await once.close();
  });
});
