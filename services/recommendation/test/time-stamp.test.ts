import { turnableClock } from "@headline/testkit";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { historyKey } from "../src/index.js";
import { articles, ids, newReader, openWorld, repeated, type World } from "./open-world.js";

const SKEW_MS = 120_000;
const HOUR_MS = 3_600_000;

// The table of docs/time-stamp.md, over both ways to call.
describe.each([
  ["unary", false],
  ["over the stream", true],
])("time_stamp, %s", (_, streaming) => {
  const clock = turnableClock(Date.now());
  let world: World;
  let reader: () => ReturnType<typeof newReader>;

  beforeAll(async () => {
    world = await openWorld();
    await world.seed([...articles(200), { id: 900n, channelId: 103 }, { id: 901n, channelId: 103 }]);
    const { client } = await world.open({ now: clock.now, streaming });
    reader = () => newReader(client);
  });
  afterAll(async () => {
    await world[Symbol.asyncDispose]();
  });

  /** Three batches an hour apart; the clock stands an hour after the last. */
  async function threeBatches(ask: ReturnType<typeof newReader>) {
    const batches = [];
    for (let index = 0; index < 3; index += 1) {
      batches.push(await ask(clock.now()));
      clock.advance(HOUR_MS);
    }
    const [first, second, third] = batches;
    if (!first || !second || !third) throw new Error("three batches were made");
    return { first, second, third, all: batches };
  }

  describe("asks for a new batch", () => {
    test("with 0, and answers the moment below it when there is none before it", async () => {
      const page = await reader()(0);
      expect(page).toMatchObject({
        mode: "refresh",
        timeStamp: BigInt(clock.now() - 1),
        stamp: BigInt(clock.now()),
        algo: expect.stringMatching(/^(hot-new|learned)-1$/),
      });
      expect(new Set(ids(page)).size).toBe(10);
      expect(page.reasons).toHaveLength(10);
    });

    test("with 0 again, every time", async () => {
      const ask = reader();
      const pages = [await ask(0), await ask(0), await ask(0)];
      expect(pages.map(({ mode }) => mode)).toEqual(["refresh", "refresh", "refresh"]);
      expect(pages[2]?.timeStamp).toBe(pages[1]?.stamp);
      expect(repeated(pages)).toEqual([]);
    });

    test("with a time newer than the newest stamp, and answers the stamp before it", async () => {
      const ask = reader();
      const first = await ask(clock.now());
      clock.advance(1_000);
      const second = await ask(clock.now());
      expect(second).toMatchObject({ mode: "refresh", timeStamp: first.stamp });
      expect(repeated([first, second])).toEqual([]);
    });

    test("with a past time newer than the newest stamp, long after", async () => {
      const ask = reader();
      const first = await ask(0);
      clock.advance(10 * HOUR_MS);
      expect(await ask(clock.now() - HOUR_MS)).toMatchObject({ mode: "refresh", timeStamp: first.stamp });
    });

    test("with a time a slow client takes for now, within the skew", async () => {
      const ask = reader();
      const first = await ask(0);
      const page = await ask(clock.now() - SKEW_MS);
      expect(page).toMatchObject({ mode: "refresh", timeStamp: first.stamp });
      expect(repeated([first, page])).toEqual([]);
    });

    test("with a time a fast client takes for now, within the skew and beyond it", async () => {
      const ask = reader();
      const first = await ask(clock.now() + SKEW_MS);
      clock.advance(1_000);
      const second = await ask(clock.now() + 400 * SKEW_MS);
      clock.advance(1_000);
      const third = await ask(clock.now());
      expect([first.mode, second.mode, third.mode]).toEqual(["refresh", "refresh", "refresh"]);
      expect(third).toMatchObject({ timeStamp: second.stamp, stamp: BigInt(clock.now()) });
    });

    test("with the largest int64 there is", async () => {
      const page = await reader()(9_223_372_036_854_775_807n);
      expect(page).toMatchObject({ mode: "refresh", stamp: BigInt(clock.now()) });
    });
  });

  describe("asks for a batch again", () => {
    test("with the time_stamp that made it", async () => {
      const ask = reader();
      const now = clock.now() + 5;
      const first = await ask(now);
      const again = await ask(now);
      expect(again).toMatchObject({ mode: "replay", stamp: first.stamp, timeStamp: first.timeStamp });
      expect(ids(again)).toEqual(ids(first));
      expect(again.exposure).not.toBe("");
    });

    test("with the time_stamp that made it, though another was made since", async () => {
      const ask = reader();
      const now = clock.now() - 7;
      const first = await ask(now);
      await ask(0);
      const again = await ask(now);
      expect(again).toMatchObject({ mode: "replay", stamp: first.stamp, exposure: "" });
      expect(ids(again)).toEqual(ids(first));
    });

    test("with a far-ahead time_stamp, as long as a retry would come", async () => {
      const ask = reader();
      const farAhead = clock.now() + 10 * SKEW_MS;
      const first = await ask(farAhead);
      clock.advance(SKEW_MS);
      expect(await ask(farAhead)).toMatchObject({ mode: "replay", stamp: first.stamp });
      clock.advance(1);
      expect(await ask(farAhead)).toMatchObject({ mode: "refresh", timeStamp: first.stamp });
    });

    test("with its stamp, and answers the stamp before it", async () => {
      const ask = reader();
      const { first, second } = await threeBatches(ask);
      const page = await ask(second.stamp);
      expect(page).toMatchObject({ mode: "replay", stamp: second.stamp, timeStamp: first.stamp, exposure: "" });
      expect(ids(page)).toEqual(ids(second));
      expect(page.reasons).toEqual(second.reasons);
    });

    test("with its stamp on a server whose clock is an hour behind", async () => {
      const ask = reader();
      const { second, third } = await threeBatches(ask);
      clock.advance(-3 * HOUR_MS);
      expect(await ask(third.stamp)).toMatchObject({ mode: "replay", stamp: third.stamp, timeStamp: second.stamp });
      clock.advance(3 * HOUR_MS);
    });
  });

  describe("asks for history", () => {
    test("with any other past time: the newest batch at or before it, without an exposure", async () => {
      const ask = reader();
      const { first, second } = await threeBatches(ask);
      const page = await ask(second.stamp + 60_000n);
      expect(page).toMatchObject({ mode: "history", stamp: second.stamp, timeStamp: first.stamp, exposure: "" });
      expect(ids(page)).toEqual(ids(second));
    });

    test("with a time older than the oldest kept: nothing, and the end", async () => {
      const ask = reader();
      const { first } = await threeBatches(ask);
      const page = await ask(first.stamp - 1_000n);
      expect(page).toMatchObject({ mode: "history", recommends: [], timeStamp: 0n, stamp: 0n, exposure: "" });
    });

    test("of its own channel only", async () => {
      const ask = reader();
      const elsewhere = await ask(0, { channelId: 101 });
      clock.advance(HOUR_MS);
      const here = await ask(0);
      expect(here.timeStamp).toBe(here.stamp - 1n);
      expect(await ask(elsewhere.stamp)).toMatchObject({ mode: "history", recommends: [], timeStamp: 0n });
    });

    test("by the answered time_stamp visits every batch once, goes on behind the oldest, and ends at 0", async () => {
      const ask = reader();
      const { all } = await threeBatches(ask);
      const newest = await ask(clock.now());
      const visited = [newest];
      for (let next = newest.timeStamp; next !== 0n; ) {
        const page = await ask(next);
        visited.push(page);
        next = page.timeStamp;
      }
      expect(visited.slice(0, 4).map(ids)).toEqual([newest, ...all.reverse()].map(ids));
      const behind = visited.slice(4, -1);
      expect(new Set(behind.map(({ mode }) => mode))).toEqual(new Set(["continued"]));
      expect(visited.at(-1)).toMatchObject({ mode: "exhausted", recommends: [], timeStamp: 0n });
      expect(repeated(visited)).toEqual([]);
      expect(visited.flatMap(ids)).toHaveLength(202);
    });
  });

  describe("asks for a batch behind the oldest", () => {
    test("with the time_stamp that the oldest was answered with: a new one of an older stamp, with an exposure", async () => {
      const ask = reader();
      const first = await ask(clock.now());
      clock.advance(10 * HOUR_MS);
      const page = await ask(first.timeStamp);
      expect(page).toMatchObject({ mode: "continued", stamp: first.timeStamp, timeStamp: first.timeStamp - 1n });
      expect(page.exposure).not.toBe("");
      expect(repeated([first, page])).toEqual([]);
    });

    test("again, and gets it again; with an exposure until another batch is made", async () => {
      const ask = reader();
      const first = await ask(clock.now());
      const page = await ask(first.timeStamp);
      const again = await ask(first.timeStamp);
      expect(again).toMatchObject({ mode: "continued", stamp: page.stamp, timeStamp: page.timeStamp });
      expect(ids(again)).toEqual(ids(page));
      expect(again.exposure).not.toBe("");
      clock.advance(1_000);
      await ask(clock.now());
      expect(await ask(first.timeStamp)).toMatchObject({ mode: "replay", stamp: page.stamp, exposure: "" });
    });

    test("many times at once, and it is one batch", async () => {
      const ask = reader();
      const first = await ask(clock.now());
      const pages = await Promise.all(Array.from({ length: 20 }, () => ask(first.timeStamp)));
      expect(new Set(pages.map((page) => ids(page).join())).size).toBe(1);
      expect(new Set(pages.map(({ stamp }) => stamp))).toEqual(new Set([first.timeStamp]));
    });

    test("and never what a walk back has come past, however long ago it was served", async () => {
      const ask = reader();
      const served = [await ask(clock.now())];
      clock.advance(7 * HOUR_MS); // what was not seen has its second chance on top
      served.push(await ask(clock.now()));
      const walked = [served[1] as (typeof served)[0]];
      for (let next = walked[0]?.timeStamp ?? 0n; next !== 0n; ) {
        const page = await ask(next);
        walked.push(page);
        next = page.timeStamp;
      }
      expect(repeated(walked)).toEqual([]);
      expect(walked.flatMap(ids)).toHaveLength(202);
    });

    test("of a channel with nothing left: nothing, and the end", async () => {
      const ask = reader();
      const only = await ask(clock.now(), { channelId: 103 });
      const stored = await world.keys.getBuffer(historyKey(ask.userId));
      const page = await ask(only.timeStamp, { channelId: 103 });
      expect(page).toMatchObject({ mode: "exhausted", recommends: [], timeStamp: 0n, stamp: 0n, exposure: "" });
      expect(await world.keys.getBuffer(historyKey(ask.userId))).toEqual(stored);
    });
  });

  describe("asks for a new batch when nothing is left", () => {
    test("and gets none: nothing is recorded, and the newest stamp lets the walk back go on", async () => {
      const ask = reader();
      const only = await ask(0, { channelId: 103 });
      expect(ids(only)).toEqual([900n, 901n]);
      const before = await world.keys.getBuffer(historyKey(ask.userId));
      clock.advance(1_000);
      const page = await ask(clock.now(), { channelId: 103 });
      expect(page).toMatchObject({ mode: "exhausted", recommends: [], timeStamp: only.stamp, stamp: 0n, exposure: "" });
      expect(await world.keys.getBuffer(historyKey(ask.userId))).toEqual(before);
      expect(await ask(page.timeStamp, { channelId: 103 })).toMatchObject({ mode: "replay", stamp: only.stamp });
    });

    test("and never had any: 0", async () => {
      const ask = reader();
      expect(await ask(0, { channelId: 112 })).toMatchObject({ mode: "exhausted", timeStamp: 0n });
      expect(await world.keys.exists(historyKey(ask.userId))).toBe(0);
    });
  });

  test("stamps keep rising when the server's clock stands still or goes back", async () => {
    const ask = reader();
    const stamps = [(await ask(0)).stamp, (await ask(0)).stamp];
    clock.advance(-5_000);
    stamps.push((await ask(0, { channelId: 101 })).stamp, (await ask(0)).stamp);
    clock.advance(5_000);
    expect(stamps).toEqual([...new Set(stamps)].sort((a, b) => Number(a - b)));
  });

  test("no stamp is a moment that a client ahead of us has asked with: its retry and the walk back find both batches", async () => {
    const ask = reader();
    const ahead = clock.now() + 1_000;
    const first = await ask(ahead);
    clock.set(ahead);
    const second = await ask(0);
    const third = await ask(0);
    expect(ids(await ask(third.timeStamp))).toEqual(ids(second));
    expect(ids(await ask(ahead))).toEqual(ids(first));
  });
});
