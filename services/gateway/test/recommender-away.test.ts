import { eventually, inFull, muteServer } from "@headline/testkit";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { answered, startLoad, statuses, unhandledDuring } from "./load.js";
import { type Answer, bearer, client, FAULTY, openWorld, type World } from "./open-world.js";
import { type RecommendationProcess, startRecommendationProcess } from "./service-process.js";

let world: World;
let articleIds: string[];

beforeAll(async () => {
  world = await openWorld();
  await world.addUser("alice");
  articleIds = (await world.addArticles(60)).map(String);
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

const idsOf = (answer: Answer): string[] =>
  answer.body.data.results.map(({ article_id }: { article_id: string }) => article_id);

describe("without the recommendation service", () => {
  test("the feed goes on with this reader's last page, degraded, and the cursor stays", async () => {
    const { recommendation, gateway } = await world.open();
    const reader = client(gateway, "Anony 11");
    const live = await reader.get("/articles?channel_id=101&timestamp=1&per_page=20");
    expect(live.body.data).toMatchObject({ degraded: false });
    await recommendation[Symbol.asyncDispose]();

    const cursor = Date.now();
    const answer = await reader.get(`/articles?channel_id=101&timestamp=${cursor}&per_page=20`);
    expect(answer.status).toBe(200);
    expect(answer.body.data).toMatchObject({
      degraded: true,
      exhausted: false,
      has_more: true,
      timestamp: cursor,
      pre_timestamp: cursor,
    });
    expect(idsOf(answer)).toEqual(idsOf(live));
    const fewer = await reader.get(`/articles?channel_id=101&timestamp=${cursor}&per_page=3`);
    expect(idsOf(fewer)).toEqual(idsOf(live).slice(0, 3));
  });

  test("a reader never seen before gets the channel's hot list", async () => {
    const { recommendation, gateway } = await world.open();
    await recommendation[Symbol.asyncDispose]();
    for (const path of [
      "/articles?channel_id=101",
      "/articles?channel_id=0&page=2",
      "/articles?channel_id=101&with_top=1",
    ]) {
      const answer = await client(gateway, "Anony 12").get(path);
      if (path.includes("page=2")) {
        expect(answer.status).toBe(400); // nothing was served before it
        continue;
      }
      expect(answer.status).toBe(200);
      expect(answer.body.data).toMatchObject({ degraded: true, exposure: "" });
      expect(idsOf(answer)).toHaveLength(10);
      for (const id of idsOf(answer)) expect(articleIds).toContain(id);
    }
  });

  test("a gateway that starts meanwhile shows the newest articles", async () => {
    await using mute = await muteServer();
    const gateway = await world.openGateway({ recommenderAddress: mute.address, ...FAULTY });
    const answer = await client(gateway).get("/articles?channel_id=101&per_page=3");
    expect(answer.status).toBe(200);
    expect(answer.body.data.degraded).toBe(true);
    expect(idsOf(answer)).toEqual(articleIds.slice(-3).reverse());
  });

  test("a channel in which nothing was ever published is 503 with Retry-After, not an empty page", async () => {
    const { recommendation, gateway } = await world.open();
    expect((await client(gateway).get("/articles?channel_id=103")).body.data).toMatchObject({
      results: [],
      exhausted: true,
      degraded: false,
    });
    await recommendation[Symbol.asyncDispose]();
    const answer = await client(gateway).get("/articles?channel_id=103");
    expect(answer.status).toBe(503);
    expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(answer.body).toMatchObject({ code: "UNAVAILABLE", request_id: answer.headers.get("x-request-id") });
  });

  test("a last page of which every article was deleted since is not shown empty", async () => {
    const { recommendation, gateway } = await world.open();
    const author = client(gateway, await bearer(1n));
    const draft = { title: "the only one", content: "x", channel_id: 102 };
    const id = (await author.post("/articles", draft)).body.data.article_id;
    const reader = client(gateway, "Anony 13");
    await eventually(async () => expect(idsOf(await reader.get("/articles?channel_id=102"))).toEqual([id]));
    await recommendation[Symbol.asyncDispose]();
    await author.send("DELETE", `/articles/${id}`);
    expect((await reader.get("/articles?channel_id=102")).status).toBe(503);
  });

  test("the number of updates is what was published since, degraded", async () => {
    const { recommendation, gateway } = await world.open();
    await recommendation[Symbol.asyncDispose]();
    const answer = await client(gateway).get("/articles/updates?channel_id=101&since=1");
    expect(answer).toMatchObject({ status: 200, body: { data: { count: 60, degraded: true } } });
  });
});

describe("a recommendation service that fails under load", () => {
  const read = (gateway: { url: string }) => () => client(gateway).get("/articles?channel_id=101");
  const degraded = (answer: Answer | undefined): unknown => answer?.body.data?.degraded;

  let first: RecommendationProcess;
  let second: RecommendationProcess;
  beforeAll(async () => {
    [first, second] = await Promise.all([startRecommendationProcess(world), startRecommendationProcess(world)]);
  });
  afterAll(async () => {
    await Promise.all([first.kill(), second.kill()]);
  });

  test("killed: no reader gets an error, and after its return the feed is live", async () => {
    const gateway = await world.openGateway({ recommenderAddress: first.address });
    const round = async () => {
      const load = startLoad(read(gateway));
      await eventually(() =>
        expect(load.shots.filter(({ answer }) => degraded(answer) === false).length).toBeGreaterThan(30),
      );
      await first.kill();
      await answered(load, 10); // what was asked before it was gone
      const goneAt = performance.now();
      await answered(load, 30);
      expect(load.since(goneAt).every(({ answer }) => degraded(answer) === true)).toBe(true);
      await first.restart();
      await eventually(() => expect(degraded(load.shots.at(-1)?.answer)).toBe(false));
      const shots = await load.stop();
      expect(statuses(shots)).toEqual({ 200: shots.length });
      expect(shots.every(({ answer }) => answer?.body.data.results.length === 10)).toBe(true);
    };
    expect(await unhandledDuring(round)).toEqual([]);
  });

  test("one of two killed, and then the other: no reader notices", async () => {
    const gateway = await world.openGateway({ recommenderAddress: `ipv4:${first.address},${second.address}` });
    const load = startLoad(read(gateway), { clients: 16, pauseMs: 100 });
    const shotsMore = async (count: number) => {
      const before = load.shots.length;
      await eventually(() => expect(load.shots.length).toBeGreaterThan(before + count));
    };
    await shotsMore(100);
    for (const recommendation of [first, second, first].slice(0, inFull(2, 3))) {
      await recommendation.kill();
      await shotsMore(100);
      await recommendation.restart();
    }
    await shotsMore(50);
    const shots = await load.stop();
    expect(statuses(shots)).toEqual({ 200: shots.length });
  });

  test.each(["blackhole", "dropReplies"] as const)("%s: degraded meanwhile, live after healing", async (fault) => {
    const recommendation = await world.openRecommendation();
    const { proxy, recommenderAddress } = await world.recommenderProxy(recommendation);
    const gateway = await world.openGateway({ recommenderAddress, ...FAULTY });
    const load = startLoad(read(gateway));
    await eventually(() => expect(degraded(load.shots.at(-1)?.answer)).toBe(false));
    proxy[fault]();
    await answered(load, 20);
    await eventually(() =>
      expect(load.shots.slice(-20).map(({ answer }) => degraded(answer))).toEqual(Array(20).fill(true)),
    );
    proxy.heal();
    await eventually(() => expect(degraded(load.shots.at(-1)?.answer)).toBe(false));
    const shots = await load.stop();
    expect(statuses(shots)).toEqual({ 200: shots.length });
    expect(shots.every(({ answer }) => answer?.body.data.results.length === 10)).toBe(true);
  });
});
