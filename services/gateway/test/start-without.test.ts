import { randomUUID } from "node:crypto";
import { appendChanges } from "@headline/newsroom/changes";
import { readEvents } from "@headline/newsroom/events";
import { eventually, type Proxy as FaultyLink, type ThrowawayRedis, throwawayRedis } from "@headline/testkit";
import { BatchSigner, openTrackKeys } from "@headline/track-token";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { startLoad, statuses, unhandledDuring } from "./load.js";
import { type Answer, bearer, client, FAULTY, openWorld, TRACK_SECRET, type World } from "./open-world.js";
import { connected } from "./push-client.js";
import { startGatewayProcess } from "./service-process.js";

const FAULTS = ["refuse", "blackhole"] as const;
const NOBODY = "127.0.0.1:1";
const FEED = "/articles?channel_id=101";

let world: World;
let stateRedis: ThrowawayRedis;
let recommenderAddress: string;
let alice: bigint;
let ids: readonly bigint[];

beforeAll(async () => {
  world = await openWorld();
  stateRedis = await throwawayRedis({ durable: true });
  alice = await world.addUser("alice");
  ids = await world.addArticles(20);
  for (const channelId of [0, 101])
    await world.mysql.write(
      "INSERT INTO static_pages (channel_id, format, etag, body, built_at, checked_at) VALUES (?, 'json', 'json', ?, 1, 1)",
      [channelId, staticPage("what was hot before the outage")],
    );
  recommenderAddress = (await world.openRecommendation()).address;
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
  await stateRedis[Symbol.asyncDispose]();
});

/** Redis as a gateway leaves it that has served while all was well. */
beforeEach(async () => {
  await using gateway = await world.openGateway({ recommenderAddress });
  await client(gateway).get(`${FEED}&per_page=50`);
  await client(gateway).get(`/articles/${ids[0]}`);
});

async function heal(link: FaultyLink): Promise<void> {
  await link.listen();
  link.heal();
}

/** Waits until all of it holds. */
async function isWhole(...checks: (() => Promise<void>)[]): Promise<void> {
  await Promise.all(checks.map((check) => eventually(check)));
}

const titles = ({ body }: Answer): string[] => body.data.results.map(({ title }: { title: string }) => title);
const ready = async (gateway: { url: string }) => (await client(gateway).get("/readyz")).status;
const draft = (title: string) => ({ title, content: "x", channel_id: 101 });

function expectComeBack(answer: Answer): void {
  expect(answer).toMatchObject({ status: 503, body: { code: "UNAVAILABLE" } });
  expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
}

function staticPage(title: string): string {
  const trace = { click: "", collect: "", read: "", liking: "" };
  const result = { article_id: "7000000", title, is_top: false, reason: "hot", trace };
  return JSON.stringify({ message: "OK", data: { results: [result] } });
}

describe.each(FAULTS)("a gateway that is started while MySQL is away (%s)", (fault) => {
  test("serves live feeds with articles from Redis, and is whole after healing, with what changed meanwhile", async () => {
    const { proxy, mysqlUrl } = await world.mysqlProxy();
    await proxy[fault]();
    const options = { ...FAULTY, recommenderAddress, mysqlUrl, stateRedisUrl: stateRedis.url };
    const author = await bearer(alice);
    const unhandled = await unhandledDuring(async () => {
      const gateway = await world.openGateway(options);
      const guest = client(gateway);
      const user = client(gateway, author);
      expect(await ready(gateway)).toBe(200);
      const first = await guest.get(`${FEED}&per_page=20`);
      expect(first).toMatchObject({ status: 200, body: { data: { degraded: false } } });
      expect(titles(first)).toHaveLength(20);
      expect((await guest.get("/channels")).body.data.channels).toHaveLength(4);
      expect((await guest.get(`/articles/${ids[0]}`)).body.data).toMatchObject({ title: "article 1" });
      expect(await guest.get("/articles?channel_id=999")).toMatchObject({ status: 400 });
      expectComeBack(await user.post("/articles", draft("too early")));
      expectComeBack(await user.get("/notifications"));
      expectComeBack(await guest.post("/authorizations", { name: "alice", password: "whatever it is" }));

      using device = await connected(gateway, { token: author });
      const stamp = Date.now() - 1_000_000;
      const click = { id: randomUUID(), type: "click", token: clickToken(stamp), ts: Date.now() };
      expect((await user.post("/events", { events: [click] })).status).toBe(202);
      const [changed = 0n] = ids.slice(-1);
      const title = `changed while MySQL refused nobody else (${fault})`;
      await changeTitle(changed, title);
      const reading = startLoad(() => guest.get(`${FEED}&per_page=20`), { clients: 4 });

      await heal(proxy);
      await isWhole(
        async () => expect(titles(await guest.get(`${FEED}&per_page=20`))).toContain(title),
        async () => expect((await user.post("/articles", draft("in time"))).status).toBe(201),
        async () => {
          const later = { ...draft("later"), publish_at: Date.now() + 3_600_000 };
          expect((await user.post("/articles", later)).status).toBe(201);
        },
        async () => expect((await readEvents(world.mysql, 0n, 1_000)).map((event) => event.stamp)).toContain(stamp),
      );
      const fan = await bearer(await world.addUser(`fan ${fault}`));
      expect((await client(gateway, fan).send("PUT", `/users/${alice}/follow`)).status).toBe(200);
      await device.hears("notification", 1);
      const shots = await reading.stop();
      expect(statuses(shots)).toEqual({ 200: shots.length });
    });
    expect(unhandled).toEqual([]);
  });

  test("and the recommender is away, too: serves the static pages of those before it, and becomes live", async () => {
    const mysql = await world.mysqlProxy();
    const recommender = await world.recommenderProxy({ port: Number(recommenderAddress.split(":")[1]) } as never);
    await mysql.proxy[fault]();
    await recommender.proxy[fault]();
    const gateway = await world.openGateway({
      ...FAULTY,
      recommenderAddress: recommender.recommenderAddress,
      mysqlUrl: mysql.mysqlUrl,
    });
    expect(await ready(gateway)).toBe(200);
    const page = await client(gateway).get(FEED);
    expect(page).toMatchObject({ status: 200, body: { data: { degraded: true } } });
    expect(titles(page)).toEqual(["what was hot before the outage"]);
    expect((await client(gateway).get("/pages/101.json")).status).toBe(200);
    await heal(mysql.proxy);
    await heal(recommender.proxy);
    await isWhole(
      async () => expect((await client(gateway).get(FEED)).body.data.degraded).toBe(false),
      async () => expect((await client(gateway, await bearer(alice)).post("/articles", draft("x"))).status).toBe(201),
    );
  });

  test("and everything else, too: lives, takes no readers, and does both by itself once they are back", async () => {
    const mysql = await world.mysqlProxy();
    const redis = await world.redisProxy();
    const recommender = await world.recommenderProxy({ port: Number(recommenderAddress.split(":")[1]) } as never);
    const links = [mysql.proxy, redis.proxy, recommender.proxy];
    for (const link of links) await link[fault]();
    const unhandled = await unhandledDuring(async () => {
      const { mysqlUrl } = mysql;
      const { redisUrl } = redis;
      const gateway = await world.openGateway({
        ...FAULTY,
        recommenderAddress: recommender.recommenderAddress,
        mysqlUrl,
        redisUrl,
      });
      expect((await client(gateway).get("/healthz")).status).toBe(200);
      expect(await ready(gateway)).toBe(503);
      for (const path of [FEED, "/articles?channel_id=0", "/channels", "/pages/0"])
        expectComeBack(await client(gateway).get(path));
      for (const link of links) await heal(link);
      await isWhole(
        async () => expect(await ready(gateway)).toBe(200),
        async () => expect((await client(gateway).get(FEED)).body.data.degraded).toBe(false),
        async () => expect((await client(gateway).get("/channels")).status).toBe(200),
        async () => expect((await client(gateway).get("/pages/0.json")).status).toBe(200),
      );
    });
    expect(unhandled).toEqual([]);
  });
});

test.each(FAULTS)(
  "a gateway that is started while Redis is away (%s) serves from MySQL, and uses it once it is back",
  async (fault) => {
    const { proxy, redisUrl } = await world.redisProxy();
    await proxy[fault]();
    const gateway = await world.openGateway({ ...FAULTY, recommenderAddress, redisUrl });
    expect(await ready(gateway)).toBe(200);
    expect(await client(gateway).get(FEED)).toMatchObject({ status: 200, body: { data: { degraded: false } } });
    expect((await client(gateway, await bearer(alice)).post("/articles", draft("without Redis"))).status).toBe(201);
    await changeTitle(ids[0] as bigint, `changed while Redis was away (${fault})`);
    await heal(proxy);
    const reader = client(gateway, "Anony 999");
    await isWhole(
      async () => expect((await reader.get("/articles?channel_id=102&page=3")).status).toBe(400), // it counts pages again
      async () =>
        expect((await client(gateway).get(`/articles/${ids[0]}`)).body.data.title).toMatch(`Redis was away (${fault})`),
    );
  },
);

test("a gateway's process that waits for MySQL ends at once, and with 0, when it is told to", async () => {
  await using gateway = await startGatewayProcess(world, {
    recommenderAddress: NOBODY,
    env: { MYSQL_URL: "mysql://root@127.0.0.1:1/nowhere", REDIS_URL: world.redis.url },
  });
  expect(await ready(gateway)).toBe(200);
  expect(titles(await client(gateway).get(FEED))).toEqual(["what was hot before the outage"]);
  expect(await gateway.stop()).toBe(0);
});

function clickToken(stamp: number): string {
  const expiresAtSeconds = Math.floor(Date.now() / 1_000) + 600;
  const bound = { userId: alice, channelId: 0, stamp, expiresAtSeconds, bucket: 1 };
  return new BatchSigner(openTrackKeys(TRACK_SECRET), bound).article(ids[0] as bigint, 1, 0).click;
}

/** As another process does that dies after the commit: nobody is woken, and Redis is not told. */
async function changeTitle(articleId: bigint, title: string): Promise<void> {
  const version = Date.now();
  await world.mysql.transaction(async (tx) => {
    await tx.write("UPDATE articles SET title = ?, version = ? WHERE id = ?", [title, version, articleId]);
    await appendChanges(tx, { topic: "article", subjectId: articleId, version });
  });
}
