import { randomUUID } from "node:crypto";
import { readEvents } from "@headline/newsroom/events";
import {
  eventually,
  inFull,
  type PrivateMysql,
  privateMysql,
  type ThrowawayRedis,
  throwawayRedis,
} from "@headline/testkit";
import { BatchSigner, openTrackKeys } from "@headline/track-token";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { forgetfulLink } from "./counting-link.js";
import { answered, startLoad, statuses, unhandledDuring } from "./load.js";
import { type Answer, client, FAULTY, openWorld, TRACK_SECRET, type World } from "./open-world.js";
import { startGatewayProcess } from "./service-process.js";

let world: World;
let server: PrivateMysql;
let stateRedis: ThrowawayRedis;
let recommenderAddress: string;
let reader: bigint;
let article: bigint;

beforeAll(async () => {
  server = await privateMysql();
  world = await openWorld(async () => server);
  stateRedis = await throwawayRedis({ durable: true });
  reader = await world.addUser("reader");
  [article = 0n] = await world.addArticles(1, { authorId: await world.addUser("author") });
  recommenderAddress = (await world.openRecommendation()).address;
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
  await stateRedis[Symbol.asyncDispose]();
});

let batch = 0;

/** The tokens of a batch that nobody has had before. */
function tokens(userId = reader, articleId = article) {
  batch += 1;
  const stamp = Date.now() - 1_000_000 + batch;
  const expiresAtSeconds = Math.floor(Date.now() / 1_000) + 600;
  const bound = { userId, channelId: 0, stamp, expiresAtSeconds, bucket: 1 };
  return { stamp, ...new BatchSigner(openTrackKeys(TRACK_SECRET), bound).article(articleId, 1, 0) };
}

const item = (type: string, token: string) => ({ id: randomUUID(), type, token, ts: Date.now() });

/** Uploads of three clicks each that remember which stamps were answered 202. */
function clicking(gateway: { url: string }, clients = 6) {
  const acknowledged: number[] = [];
  const load = startLoad(
    async () => {
      const clicks = [tokens(), tokens(), tokens()];
      const events = clicks.map(({ click }) => item("click", click));
      const answer = await client(gateway).post("/events", { events });
      if (answer.status === 202) {
        expect(answer.body.data).toEqual({ accepted: 3, duplicates: 0, rejected: [] });
        acknowledged.push(...clicks.map(({ stamp }) => stamp));
      }
      return answer;
    },
    { clients },
  );
  return { acknowledged, load };
}

async function landedStamps(): Promise<number[]> {
  const events = await readEvents(world.mysql, 0n, 100_000);
  return events.filter(({ kind }) => kind === "click").map(({ stamp }) => stamp);
}

async function expectLanded(acknowledged: readonly number[]): Promise<void> {
  expect(acknowledged.length).toBeGreaterThan(50);
  await eventually(
    async () => {
      const landed = new Set(await landedStamps());
      expect(acknowledged.filter((stamp) => !landed.has(stamp))).toEqual([]);
    },
    { everyMs: 200 },
  );
  const landed = await landedStamps();
  expect(new Set(landed).size).toBe(landed.length);
}

describe("what was answered 202 is in MySQL in the end, once,", () => {
  test("when the gateway that answered is killed with it", async () => {
    const [first, second] = await Promise.all([
      startGatewayProcess(world, { recommenderAddress, stateRedisUrl: stateRedis.url }),
      startGatewayProcess(world, { recommenderAddress, stateRedisUrl: stateRedis.url }),
    ]);
    const { acknowledged, load } = clicking(first);
    await eventually(() => expect(acknowledged.length).toBeGreaterThan(150));
    await first.kill();
    await load.stop();
    await expectLanded(acknowledged);
    await second.kill();
  });

  test("when Redis is killed and started again", async () => {
    await using gateway = await world.openGateway({
      recommenderAddress,
      stateRedisUrl: stateRedis.url,
      ...FAULTY,
    });
    const run = async () => {
      const { acknowledged, load } = clicking(gateway);
      for (let round = 0; round < 2; round += 1) {
        await answered(load, 30);
        await stateRedis.kill();
        await answered(load, 30);
        await stateRedis.restart();
      }
      await answered(load, 30);
      const shots = await load.stop();
      expect(statuses(shots)).toEqual({ 202: shots.length });
      await expectLanded(acknowledged);
    };
    expect(await unhandledDuring(run)).toEqual([]);
  });

  test("when MySQL is away meanwhile", async () => {
    await using gateway = await world.openGateway({
      recommenderAddress,
      stateRedisUrl: stateRedis.url,
      ...FAULTY,
    });
    const run = async () => {
      const { acknowledged, load } = clicking(gateway);
      await answered(load, 30);
      await server.kill();
      await answered(load, 60);
      await server.restart();
      const shots = await load.stop();
      expect(statuses(shots)).toEqual({ 202: shots.length });
      await expectLanded(acknowledged);
    };
    expect(await unhandledDuring(run)).toEqual([]);
  });
});

test("a like whose COMMIT was lost on the way back counts once when it is sent again", async () => {
  const url = new URL(world.mysqlUrl);
  const [liked = 0n] = await world.addArticles(1, { authorId: reader });
  for (let round = 1; round <= inFull(2, 3); round += 1) {
    const user = await world.addUser(`forgotten ${round}`);
    const { liking } = tokens(user, liked);
    const like = item("liking", liking);
    await using empty = await throwawayRedis({ durable: true }); // nothing waits there, so nothing else is committed
    let armed = false;
    await using link = await forgetfulLink({ path: url.searchParams.get("socketPath") ?? "" }, () => armed);
    await using gateway = await world.openGateway({
      recommenderAddress,
      stateRedisUrl: empty.url,
      mysqlUrl: `mysql://root@127.0.0.1:${link.port}${url.pathname}`,
      ...FAULTY,
    });
    armed = true;
    const first = await client(gateway).post("/events", { events: [like] });
    expect(link.lost()).toBe(true);
    expect(first.status).toBe(503);
    await eventually(async () => {
      const again = await client(gateway).post("/events", { events: [like] });
      expect(again).toMatchObject({ status: 202, body: { data: { accepted: 1, duplicates: 0 } } });
    });
    expect((await client(gateway).get(`/articles/${liked}`)).body.data.like_count).toBe(round);
  }
});

test("while MySQL is away a like waits, and the click beside it does not; when Redis is away too, everything is 503", async () => {
  await using gateway = await world.openGateway({
    recommenderAddress,
    stateRedisUrl: stateRedis.url,
    ...FAULTY,
  });
  const { click, liking } = tokens();
  const like = item("liking", liking);
  const upload = (events: readonly unknown[]): Promise<Answer> => client(gateway).post("/events", { events });
  const likes = async () => (await client(gateway).get(`/articles/${article}`)).body.data.like_count;
  expect(await likes()).toBe(0);
  server.pause();
  try {
    const both = await upload([like, item("click", click)]);
    expect(both).toMatchObject({
      status: 202,
      body: { data: { accepted: 1, duplicates: 0, rejected: [{ index: 0, reason: "try again later" }] } },
    });
    const alone = await upload([like]);
    expect(alone).toMatchObject({ status: 503, body: { code: "UNAVAILABLE" } });
    expect(Number(alone.headers.get("retry-after"))).toBeGreaterThan(0);
    await stateRedis.kill();
    const shots = await Promise.all(Array.from({ length: 20 }, () => upload([item("click", tokens().click)])));
    expect(new Set(shots.map(({ status }) => status))).toEqual(new Set([503]));
  } finally {
    server.resume();
    await stateRedis.restart();
  }
  await eventually(async () => expect((await upload([like])).status).toBe(202));
  await eventually(async () => expect(await likes()).toBe(1));
  // Redis and MySQL each recognise what went through them; whether a repeat is called a duplicate is a courtesy, its count is not.
  expect(await upload([like])).toMatchObject({ status: 202, body: { data: { rejected: [] } } });
  expect(await likes()).toBe(1);
  await eventually(async () => {
    const landed = (await readEvents(world.mysql, 0n, 100_000)).filter(({ kind }) => kind === "liking");
    expect(landed.filter(({ articleId }) => articleId === article)).toHaveLength(1);
  });
});
