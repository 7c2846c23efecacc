import { turnableClock } from "@headline/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { historyKey } from "../src/index.js";
import { articles, ids, newReader, type Opened, openWorld, repeated, type World } from "./open-world.js";

const CHANNELS = Array.from({ length: 12 }, (_, index) => 101 + index);

let world: World;
let one: Opened;
let two: Opened;

beforeAll(async () => {
  world = await openWorld();
  await world.seed(articles(4_000).map((article) => ({ ...article, channelId: 101 + (Number(article.id) % 12) })));
  one = await world.open();
  two = await world.open();
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

const modes = (pages: readonly { mode: string }[]) => new Set(pages.map(({ mode }) => mode));
const stamps = (pages: readonly { stamp: bigint }[]) => new Set(pages.map(({ stamp }) => stamp));

describe("one reader, fifty times at once", () => {
  test("on one server: one batch, made once", async () => {
    const ask = newReader(one.client);
    const at = Date.now();
    const pages = await Promise.all(Array.from({ length: 50 }, () => ask(at)));
    expect(stamps(pages).size).toBe(1);
    expect(new Set(pages.map((page) => ids(page).join())).size).toBe(1);
    expect(pages.filter(({ mode }) => mode === "refresh")).toHaveLength(1);
    expect(pages.every(({ timeStamp, stamp, exposure }) => timeStamp < stamp && exposure !== "")).toBe(true);
  });

  test("over two servers that know nothing of each other: one batch, made once", async () => {
    const ask = newReader(one.client);
    const at = Date.now();
    const pages = await Promise.all(
      Array.from({ length: 50 }, (_, index) => ask(at, { via: index % 2 === 0 ? one.client : two.client })),
    );
    expect(stamps(pages).size).toBe(1);
    expect(pages.filter(({ mode }) => mode === "refresh")).toHaveLength(1);
    expect([...modes(pages)].filter((mode) => !["refresh", "replay", "coalesced"].includes(mode))).toEqual([]);
  });

  test("over two servers, with 0, is one batch a server at most, and no article twice", async () => {
    const ask = newReader(one.client);
    const pages = await Promise.all(
      Array.from({ length: 50 }, (_, index) => ask(0, { via: index % 2 === 0 ? one.client : two.client })),
    );
    const batches = [...new Map(pages.map((page) => [page.stamp, page])).values()];
    expect(batches.length).toBeLessThanOrEqual(2);
    expect(repeated(batches)).toEqual([]);
  });
});

describe("one reader in several channels at once", () => {
  test("never gets an article twice, on one server or on two", async () => {
    const ask = newReader(one.client);
    const pages = [];
    for (let round = 0; round < 10; round += 1) {
      const via = round % 2 === 0 ? [one.client, one.client] : [one.client, two.client];
      const asked = [
        ask(0, { channelId: 0, via: via[0] ?? one.client }),
        ask(0, { channelId: 101, via: via[1] ?? one.client }),
      ];
      pages.push(...(await Promise.all(asked)));
    }
    expect(modes(pages)).toEqual(new Set(["refresh"]));
    expect(repeated(pages)).toEqual([]);
  });

  test("gets a batch in each of thirteen", async () => {
    const ask = newReader(one.client);
    const pages = await Promise.all(
      [0, ...CHANNELS].map((channelId, index) => ask(0, { channelId, via: index % 2 === 0 ? one.client : two.client })),
    );
    expect(modes(pages)).toEqual(new Set(["refresh"]));
    expect(repeated(pages)).toEqual([]);
    expect(stamps(pages).size).toBe(13);
  });
});

describe("a server that missed what another recorded", () => {
  test("answers a retry with the other's batch", async () => {
    const ask = newReader(one.client);
    await ask(0, { via: two.client });
    const at = Date.now();
    const page = await ask(at);
    const retried = await ask(at, { via: two.client });
    expect(retried).toMatchObject({ mode: "replay", stamp: page.stamp });
  });

  test("serves nothing of it again", async () => {
    const ask = newReader(one.client);
    const pages = [await ask(0, { via: two.client }), await ask(0), await ask(0), await ask(0, { via: two.client })];
    expect(repeated(pages)).toEqual([]);
    expect(pages[3]?.timeStamp).toBe(pages[2]?.stamp);
  });

  test("finds an older batch by its stamp, though it is refreshes the same channel just then", async () => {
    const ask = newReader(one.client);
    await ask(0, { via: two.client });
    const older = await ask(0);
    await ask(0);
    const [fresh, found] = await Promise.all([ask(0, { via: two.client }), ask(older.stamp, { via: two.client })]);
    expect(fresh.mode).toBe("refresh");
    expect(found).toMatchObject({ mode: "replay", stamp: older.stamp });
  });

  test("is not told of an end that is none, after the other's Redis was emptied", async () => {
    const ask = newReader(one.client);
    for (let left = true; left; ) left = (await ask(0, { channelId: 105, articleNum: 50 })).mode === "refresh";
    await world.keys.del(historyKey(ask.userId));
    const page = await ask(0, { channelId: 105 });
    expect(page).toMatchObject({ mode: "refresh", timeStamp: page.stamp - 1n });
  });
});

test("a reader whose history was flushed begins anew, and others never notice", async () => {
  const ask = newReader(one.client);
  const first = await ask(0);
  await ask(0);
  await world.keys.flushall();
  const page = await ask(Date.now());
  expect(page.mode).toBe("refresh");
  expect([first.stamp, page.stamp]).not.toContain(page.timeStamp); // where its feed goes on, and no batch of the other history
  const more = [page, await ask(0), await ask(0, { via: two.client })];
  expect(repeated(more)).toEqual([]);
});

test("Redis flushed again and again under load costs no answer", async () => {
  const asks = Array.from({ length: 20 }, () => newReader(one.client));
  const pages = [];
  for (let round = 0; round < 5; round += 1) {
    const asked = asks.flatMap((ask) => [ask(0), ask(0, { via: two.client, channelId: 101 })]);
    await world.keys.flushall();
    pages.push(...(await Promise.all(asked)));
  }
  expect(pages.filter(({ mode }) => mode !== "refresh" && mode !== "coalesced")).toEqual([]);
  expect(pages.every((page) => ids(page).length === 10)).toBe(true);
});

test("a script that Redis has forgotten is told to it again", async () => {
  const ask = newReader(one.client);
  const first = await ask(0);
  await world.keys.script("FLUSH");
  expect(await ask(0)).toMatchObject({ mode: "refresh", timeStamp: first.stamp });
});

describe("a history that is damaged", () => {
  test("or of another format counts as none, and is written anew", async () => {
    const ask = newReader(one.client);
    await ask(0);
    await world.keys.set(historyKey(ask.userId), Buffer.from([9, 0, 1, 2, 3, 4, 5, 6, 7, 8]));
    const first = await ask(0);
    expect(first).toMatchObject({ mode: "refresh", timeStamp: first.stamp - 1n });
    const second = await ask(0, { via: two.client });
    expect(second).toMatchObject({ mode: "refresh", timeStamp: first.stamp });
    expect(await ask(first.stamp)).toMatchObject({ mode: "replay" });
  });

  test("at its end keeps what can be read, and takes new batches", async () => {
    const ask = newReader(one.client);
    const first = await ask(0);
    await ask(0);
    const bytes = (await world.keys.getBuffer(historyKey(ask.userId))) as Buffer;
    await world.keys.set(historyKey(ask.userId), bytes.subarray(0, -3));
    const third = await ask(0, { via: two.client });
    expect(third).toMatchObject({ mode: "refresh", timeStamp: first.stamp });
    expect(repeated([first, third])).toEqual([]);
    expect(await ask(third.timeStamp)).toMatchObject({ mode: "replay", stamp: first.stamp });
    const fourth = await ask(0);
    expect(fourth.timeStamp).toBe(third.stamp);
  });
});

describe("a long history", () => {
  const clock = turnableClock(Date.now());
  let server: Opened;
  let pages: Awaited<ReturnType<ReturnType<typeof newReader>>>[];
  let ask: ReturnType<typeof newReader>;

  beforeAll(async () => {
    server = await world.open({ now: clock.now });
    ask = newReader(server.client);
  });
  beforeEach(async () => {
    if (pages !== undefined) return;
    pages = [];
    for (let round = 0; round < 300; round += 1) {
      clock.advance(1_000);
      pages.push(await ask(clock.now(), { channelId: round % 10 === 0 ? 101 : 0, articleNum: 5 }));
    }
  });

  test("of three hundred refreshes is cut to a few hundred batches, and never repeats inside them", async () => {
    expect(modes(pages)).toEqual(new Set(["refresh"]));
    const kept = await walk(0);
    expect(kept.length).toBeGreaterThan(170);
    expect(kept.length).toBeLessThan(240);
    expect(repeated(pages.slice(-192))).toEqual([]);
    expect(await world.keys.strlen(historyKey(ask.userId))).toBeLessThan(8 + 256 * (21 + 5 * 9));
  });

  test("is walked back batch by batch to its oldest, on a server that has to read it first", async () => {
    const other = await world.open({ now: clock.now });
    const kept = await walk(0, other.client);
    const served = pages.filter((_, round) => round % 10 !== 0).reverse();
    expect(kept.map(ids)).toEqual(served.slice(0, kept.length).map(ids));
  });

  test("ends after a week", async () => {
    expect(await world.keys.pttl(historyKey(ask.userId))).toBeGreaterThan(6.9 * 24 * 3_600_000);
  });

  /** The batches that are kept: back to where the feed would go on. */
  async function walk(channelId: number, via = server.client) {
    const visited = [await ask(clock.now(), { channelId, via })];
    for (;;) {
      const { stamp, timeStamp } = visited.at(-1) as (typeof visited)[0];
      if (timeStamp === stamp - 1n) return visited;
      visited.push(await ask(timeStamp, { channelId, via }));
    }
  }
});
