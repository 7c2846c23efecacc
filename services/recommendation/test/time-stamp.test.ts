import type { Recommendation, Recommender } from "@headline/rpc";
import { turnableClock } from "@headline/testkit";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { articles, openWorld, type World } from "./open-world.js";

const clock = turnableClock(Date.now());
let world: World;
let client: Recommender;
let readers = 1_000n;

beforeAll(async () => {
  world = await openWorld();
  await world.seed(articles(200));
  ({ client } = await world.open({ now: clock.now }));
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

function reader() {
  readers += 1n;
  const userId = readers;
  return (timeStamp: number | bigint, more: { articleNum?: number; channelId?: number } = {}) =>
    client.recommend({ userId, channelId: 0, articleNum: 10, ...more, timeStamp: BigInt(timeStamp) });
}

const ids = (page: Recommendation) => page.recommends.map(({ articleId }) => articleId);

describe("a refresh", () => {
  test("without a time_stamp serves a new batch, and answers 0 when there is none before it", async () => {
    const page = await reader()(0);
    expect(page).toMatchObject({ mode: "refresh", timeStamp: 0n, stamp: BigInt(clock.now()) });
    expect(new Set(ids(page)).size).toBe(10);
    expect(page.exposure).not.toBe("");
  });

  test("newer than the newest stamp serves a new batch and answers the stamp before it", async () => {
    const ask = reader();
    const first = await ask(clock.now());
    clock.advance(1_000);
    const second = await ask(clock.now());
    expect(second).toMatchObject({ mode: "refresh", timeStamp: first.stamp });
    expect(ids(second).some((id) => ids(first).includes(id))).toBe(false);
  });

  test("with the same time_stamp again is the same batch", async () => {
    const ask = reader();
    const now = clock.now();
    const first = await ask(now);
    const again = await ask(now);
    expect(again).toMatchObject({ mode: "replay", stamp: first.stamp, timeStamp: first.timeStamp });
    expect(ids(again)).toEqual(ids(first));
    expect(again.exposure).not.toBe("");
  });

  test("fifty times at once is one batch", async () => {
    const ask = reader();
    const now = clock.now();
    const pages = await Promise.all(Array.from({ length: 50 }, () => ask(now)));
    expect(new Set(pages.map(({ stamp }) => stamp)).size).toBe(1);
    expect(new Set(pages.map((page) => ids(page).join())).size).toBe(1);
    expect(pages.filter(({ mode }) => mode === "refresh")).toHaveLength(1);
  });
});
