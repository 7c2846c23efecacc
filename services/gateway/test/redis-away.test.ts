import { setTimeout } from "node:timers/promises";
import { openRedis, waitForRedis } from "@headline/redis";
import { eventually, inFull } from "@headline/testkit";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import {
  inOneOfThree,
  liveShare,
  type Pace,
  slowestMs,
  startLoad,
  statuses,
  unhandledDuring,
  untilPasses,
} from "./load.js";
import { type Answer, bearer, client, openWorld, type World } from "./open-world.js";

let world: World;
let author: string;
let address: string;

beforeAll(async () => {
  world = await openWorld();
  author = await bearer(await world.addUser("alice"));
  await world.addArticles(60);
  ({ address } = await world.openRecommendation());
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

const draft = { title: "written without Redis", content: "x", channel_id: 101 };

/** Pages by number, pages by cursor, articles, users. */
function reading(gateway: { url: string }) {
  let turn = 0;
  const paths = [
    "/articles?channel_id=101",
    "/articles?channel_id=0&timestamp=",
    "/articles/7",
    "/users/1",
    "/channels",
  ];
  return () => {
    turn += 1;
    const path = paths[turn % paths.length] as string;
    return client(gateway).get(path.endsWith("=") ? path + Date.now() : path);
  };
}

const isLive = (answer: Answer | undefined) => answer?.body.data?.degraded === false;

async function expectLive(gateway: { url: string }): Promise<void> {
  for (const path of ["/articles?channel_id=101", `/articles?channel_id=101&timestamp=${Date.now()}`])
    expect(isLive(await client(gateway).get(path))).toBe(true);
}

describe("Redis under load", () => {
  test("killed: every reader gets a page, authors publish, and within 2 s of its return all is live", async () => {
    const gateway = await world.openGateway({ recommenderAddress: address });
    const round = async (pace: Pace) => {
      const load = startLoad(reading(gateway));
      await eventually(() => expect(load.shots.length).toBeGreaterThan(30));
      await world.redis.kill();
      const killedAt = performance.now();
      await setTimeout(300);
      const id = (await client(gateway, author).post("/articles", draft)).body.data.article_id;
      expect((await client(gateway).get(`/articles/${id}`)).body.data).toMatchObject({ title: draft.title });
      await eventually(() => expect(load.since(killedAt).length).toBeGreaterThan(80));
      await world.redis.restart();
      const liveMs = await untilPasses(() => expectLive(gateway));
      console.log(`live after ${liveMs} ms`);
      const shots = await load.stop();
      expect(statuses(shots)).toEqual({ 200: shots.length });
      expectNoEmptyPage(shots.map(({ answer }) => answer));
      pace(() => expect(liveMs).toBeLessThan(2_000));
      pace(() => expect(slowestMs(shots)).toBeLessThan(1_000));
    };
    expect(await unhandledDuring(() => inOneOfThree(round))).toEqual([]);
  }, 60_000);

  test.each(["blackhole", "dropReplies"] as const)(
    "%s on the gateway's link: all is answered, and live within 2 s of healing",
    async (fault) => {
      const { proxy, redisUrl } = await world.redisProxy();
      const gateway = await world.openGateway({ recommenderAddress: address, redisUrl });
      const round = async (pace: Pace) => {
        const load = startLoad(reading(gateway));
        await eventually(() => expect(load.shots.length).toBeGreaterThan(30));
        proxy[fault]();
        await setTimeout(300);
        expect((await client(gateway, author).post("/articles", draft)).status).toBe(201);
        await setTimeout(inFull(1_200, 2_000));
        proxy.heal();
        const usedMs = await untilPasses(async () => expect(await countsPages(gateway)).toBe(true));
        console.log(`${fault}: Redis in use again after ${usedMs} ms`);
        const shots = await load.stop();
        expect(statuses(shots)).toEqual({ 200: shots.length });
        expectNoEmptyPage(shots.map(({ answer }) => answer));
        pace(() => expect(usedMs).toBeLessThan(2_000));
        pace(() => expect(slowestMs(shots)).toBeLessThan(1_000));
        pace(() => expect(liveShare(shots)).toBeGreaterThan(0.95)); // the recommender has its own link
      };
      expect(await unhandledDuring(() => inOneOfThree(round))).toEqual([]);
    },
    60_000,
  );

  test("flushed again and again: nobody notices", async () => {
    const gateway = await world.openGateway({ recommenderAddress: address });
    const flusher = openRedis(world.redis.url);
    await waitForRedis(flusher);
    await inOneOfThree(async (pace) => {
      const load = startLoad(reading(gateway), { pauseMs: 20 });
      for (let times = 1; times <= 20; times += 1) {
        await setTimeout(30);
        await flusher.flushall();
      }
      const shots = await load.stop();
      expect(statuses(shots)).toEqual({ 200: shots.length });
      pace(() => expect(shots.length).toBeGreaterThan(100));
      pace(() => expect(liveShare(shots)).toBeGreaterThan(0.95));
    });
    flusher.disconnect();
  });

  test("slower than any command may take: pages are live all the same", async () => {
    const { proxy, redisUrl } = await world.redisProxy();
    const gateway = await world.openGateway({ recommenderAddress: address, redisUrl });
    proxy.latency(200);
    await inOneOfThree(async (pace) => {
      const load = startLoad(reading(gateway));
      await setTimeout(1_000);
      const shots = await load.stop();
      expect(statuses(shots)).toEqual({ 200: shots.length });
      pace(() => expect(slowestMs(shots)).toBeLessThan(1_000));
    });
    proxy.latency(0);
  });

  test("a gateway starts without it, and uses it when it comes", async () => {
    await using alone = await openWorld();
    await alone.addUser("alice");
    await alone.addArticles(20);
    const { address: theirs } = await alone.openRecommendation();
    const { proxy, redisUrl } = await alone.redisProxy();
    await proxy.refuse();
    const gateway = await alone.openGateway({ recommenderAddress: theirs, redisUrl });
    expect((await client(gateway).get("/articles?channel_id=101")).status).toBe(200);
    await proxy.listen();
    await eventually(async () => expect(await countsPages(gateway)).toBe(true), { withinMs: 2_000 });
  });
});

/** Only with Redis does a gateway know which pages a reader has seen. */
async function countsPages(gateway: { url: string }): Promise<boolean> {
  return (await client(gateway, "Anony 999").get("/articles?channel_id=102&page=3")).status === 400;
}

function expectNoEmptyPage(answers: readonly (Answer | undefined)[]): void {
  const pages = answers.filter((answer) => answer?.body.data?.results);
  expect(pages.length).toBeGreaterThan(0);
  expect(pages.filter((answer) => answer?.body.data.results.length === 0)).toEqual([]);
}
