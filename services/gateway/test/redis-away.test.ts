import { openRedis, waitForRedis } from "@headline/redis";
import { eventually, inFull } from "@headline/testkit";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { answered, startLoad, statuses, unhandledDuring } from "./load.js";
import { type Answer, bearer, client, FAULTY, openWorld, type World } from "./open-world.js";

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
  test("killed: every reader gets a page, authors publish, and after its return all is live", async () => {
    const gateway = await world.openGateway({ recommenderAddress: address });
    const round = async () => {
      const load = startLoad(reading(gateway));
      await eventually(() => expect(load.shots.length).toBeGreaterThan(30));
      await world.redis.kill();
      const killedAt = performance.now();
      const id = (await client(gateway, author).post("/articles", draft)).body.data.article_id;
      expect((await client(gateway).get(`/articles/${id}`)).body.data).toMatchObject({ title: draft.title });
      await eventually(() => expect(load.since(killedAt).length).toBeGreaterThan(80));
      await world.redis.restart();
      await eventually(() => expectLive(gateway));
      const shots = await load.stop();
      expect(statuses(shots)).toEqual({ 200: shots.length });
      expectNoEmptyPage(shots.map(({ answer }) => answer));
    };
    expect(await unhandledDuring(round)).toEqual([]);
  });

  test.each(["blackhole", "dropReplies"] as const)(
    "%s on the gateway's link: all is answered, and Redis is in use after healing",
    async (fault) => {
      const { proxy, redisUrl } = await world.redisProxy();
      const gateway = await world.openGateway({ recommenderAddress: address, redisUrl, ...FAULTY });
      const round = async () => {
        const load = startLoad(reading(gateway));
        await eventually(() => expect(load.shots.length).toBeGreaterThan(30));
        proxy[fault]();
        expect((await client(gateway, author).post("/articles", draft)).status).toBe(201);
        await answered(load, inFull(50, 200));
        proxy.heal();
        await eventually(async () => expect(await countsPages(gateway)).toBe(true));
        const shots = await load.stop();
        expect(statuses(shots)).toEqual({ 200: shots.length });
        expectNoEmptyPage(shots.map(({ answer }) => answer));
      };
      expect(await unhandledDuring(round)).toEqual([]);
    },
  );

  test("flushed again and again: nobody notices", async () => {
    const gateway = await world.openGateway({ recommenderAddress: address });
    const flusher = openRedis(world.redis.url, { commandTimeoutMs: 10_000 });
    await waitForRedis(flusher, 30_000);
    const load = startLoad(reading(gateway), { pauseMs: 20 });
    for (let times = 1; times <= 20; times += 1) {
      await answered(load, 5);
      await flusher.flushall();
    }
    const shots = await load.stop();
    expect(statuses(shots)).toEqual({ 200: shots.length });
    flusher.disconnect();
  });

  test("slower than any command may take: pages are live all the same", async () => {
    const { proxy, redisUrl } = await world.redisProxy();
    const gateway = await world.openGateway({ recommenderAddress: address, redisUrl, ...FAULTY });
    proxy.latency(1_000);
    const load = startLoad(reading(gateway));
    await answered(load, 50);
    const shots = await load.stop();
    expect(statuses(shots)).toEqual({ 200: shots.length });
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
    await eventually(async () => expect(await countsPages(gateway)).toBe(true));
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
