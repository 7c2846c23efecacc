import { randomUUID } from "node:crypto";
import { openRedis, waitForRedis } from "@headline/redis";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { bearer, type Client, client, openWorld, type World } from "./open-world.js";

const NO_TIME = 9_000_000_000_000_000n;
const BROKEN_COVERS = ["not json", "{}", '["a', "[1]", "null", ""];
const BROKEN_VALUES = ["", "garbage", "5+", "5+null", '5+{"article_id":7', "5+[]", "99999999999999999999+{}"];

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(async () => {
  await world?.[Symbol.asyncDispose]();
});

async function unreadable(reader: Client, of: string): Promise<number> {
  const { body } = await reader.get("/metrics");
  return Number(new RegExp(`headline_unreadable_values_total\\{of="${of}"\\} (\\d+)`).exec(body)?.[1] ?? 0);
}

async function redisOf({ redis }: World) {
  const client = openRedis(redis.url);
  await waitForRedis(client);
  return client;
}

function staticPage(articleId: bigint): string {
  const trace = { click: "", collect: "", read: "", liking: "" };
  const result = { article_id: String(articleId), title: "static", is_top: false, reason: "hot", trace };
  return JSON.stringify({ message: "OK", data: { results: [result] } });
}

describe("rows of MySQL that cannot be read", () => {
  test("of articles cost themselves alone, and are counted", async () => {
    const author = await world.addUser("alice");
    const ids = await world.addArticles(BROKEN_COVERS.length + 4, { authorId: author });
    for (const [at, cover] of BROKEN_COVERS.entries())
      await world.mysql.write("UPDATE articles SET cover = ? WHERE id = ?", [cover, ids[at] ?? 0n]);
    const [late = 0n, ...sound] = ids.slice(BROKEN_COVERS.length);
    await world.mysql.write("UPDATE articles SET published_at = ? WHERE id = ?", [NO_TIME, late]);
    await using recommendation = await world.openRecommendation();
    await using gateway = await world.openGateway({ recommenderAddress: recommendation.address });
    const reader = client(gateway);
    const feed = await reader.get("/articles?channel_id=101&per_page=11");
    expect(feed.status).toBe(200);
    const shown = feed.body.data.results.map(({ article_id }: { article_id: string }) => article_id);
    expect(shown.sort()).toEqual(sound.map(String).sort());
    for (const id of [ids[0], late]) expect((await reader.get(`/articles/${id}`)).status).toBe(404);
    expect((await reader.get(`/users/${author}/articles`)).status).toBe(200);
    const own = await client(gateway, await bearer(author)).get("/users/me/articles");
    expect([own.status, own.body.data.results.length]).toEqual([200, ids.length]);
    expect(await unreadable(reader, "article")).toBeGreaterThanOrEqual(BROKEN_COVERS.length + 1);
  });

  test("of an article that waits cost its cover alone: its author reads it, and gives it another", async () => {
    const carol = await world.addUser("carol");
    await using gateway = await world.openGateway({ recommenderAddress: "ipv4:127.0.0.1:1" });
    const author = client(gateway, await bearer(carol));
    const draft = {
      title: "Later",
      content: "Patience",
      channel_id: 101,
      publish_at: new Date(Date.now() + 3_600_000).toISOString(),
    };
    const { article_id: id } = (await author.post("/articles", draft)).body.data;
    for (const cover of BROKEN_COVERS) {
      await world.mysql.write("UPDATE articles SET cover = ? WHERE id = ?", [cover, BigInt(id)]);
      expect((await author.get(`/articles/${id}`)).body.data).toMatchObject({ title: "Later", cover: [] });
    }
    await author.send("PATCH", `/articles/${id}`, { body: { cover: ["/covers/a.svg"] } });
    expect((await author.get(`/articles/${id}`)).body.data.cover).toEqual(["/covers/a.svg"]);
  });

  test("whose times no date has cost no row of comments, messages, notifications or orders its place", async () => {
    const [gina, henry] = [await world.addUser("gina"), await world.addUser("henry")];
    const [article = 0n] = await world.addArticles(1, { authorId: gina });
    await using gateway = await world.openGateway({ recommenderAddress: "ipv4:127.0.0.1:1" });
    const [author, other] = await Promise.all([gina, henry].map(async (id) => client(gateway, await bearer(id))));
    if (author === undefined || other === undefined) throw new Error("there are two");
    for (const text of ["first", "second"]) {
      expect((await other.post(`/articles/${article}/comments`, { content: text })).status).toBe(201);
      const message = { text, client_id: randomUUID() };
      expect((await other.post(`/conversations/${gina}/messages`, message)).status).toBe(201);
    }
    const day = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
    expect((await author.post("/orders", { article_id: String(article), day })).status).toBe(201);
    const publish_at = new Date(Date.now() + 3_600_000).toISOString();
    const waiting = await author.post("/articles", { title: "t", content: "c", channel_id: 101, publish_at });
    const id = waiting.body.data.article_id;

    for (const time of [NO_TIME, -NO_TIME]) {
      await world.mysql.write("UPDATE comments SET created_at = ? WHERE content = 'first'", [time]);
      await world.mysql.write("UPDATE messages SET created_at = ? WHERE content = 'first'", [time]);
      await world.mysql.write("UPDATE notifications SET created_at = ?, read_at = ? LIMIT 1", [time, time]);
      await world.mysql.write("UPDATE orders SET created_at = ?, expires_at = ?, paid_at = ?", [time, time, time]);
      await world.mysql.write("UPDATE articles SET publish_at = ?, published_at = ? WHERE id = ?", [time, time, id]);
      for (const [reader, path, rows] of [
        [other, `/articles/${article}/comments`, 2],
        [author, `/conversations/${henry}/messages`, 2],
        [author, "/conversations", 1],
        [author, "/notifications", 2],
        [author, "/orders", 1],
        [author, "/users/me/articles", 2],
      ] as const) {
        const { status, body } = await reader.get(path);
        expect([path, status, body.data?.results.length]).toEqual([path, 200, rows]);
      }
      expect((await author.get(`/articles/${id}`)).status).toBe(200);
    }
  });

  test("of users cost themselves alone", async () => {
    const [broken, sound] = [await world.addUser("dave"), await world.addUser("erin")];
    await world.mysql.write("UPDATE users SET created_at = ? WHERE id = ?", [NO_TIME, broken]);
    await using gateway = await world.openGateway({ recommenderAddress: "ipv4:127.0.0.1:1" });
    const [lost, found] = await Promise.all([broken, sound].map((id) => client(gateway).get(`/users/${id}`)));
    expect([lost?.status, found?.status, found?.body.data.name]).toEqual([404, 200, "erin"]);
  });

  test("of static pages cost themselves alone: the other channels' pages are read", async () => {
    for (const [channelId, body] of [
      [101, "{"],
      [102, staticPage(7n)],
    ] as const)
      await world.mysql.write(
        "INSERT INTO static_pages (channel_id, format, etag, body, built_at, checked_at) VALUES (?, 'json', 'e', ?, 1, 1)",
        [channelId, body],
      );
    await using gateway = await world.openGateway({ recommenderAddress: "ipv4:127.0.0.1:1" });
    const pages = await Promise.all([101, 102].map((id) => client(gateway).get(`/pages/${id}.json`)));
    expect(pages.map(({ status }) => status)).toEqual([503, 200]);
    expect(await unreadable(client(gateway), "static page")).toBeGreaterThan(0);
    await world.mysql.write("DELETE FROM static_pages");
  });
});

describe("values of Redis that cannot be read", () => {
  test("are read from MySQL instead, whatever they hold, and are counted", async () => {
    const author = await world.addUser("frank");
    const ids = await world.addArticles(BROKEN_VALUES.length + 1, { authorId: author, channelId: 103 });
    await using recommendation = await world.openRecommendation();
    const redis = await redisOf(world);
    try {
      await redis.flushall();
      for (const [at, value] of BROKEN_VALUES.entries()) {
        await redis.set(`article:{${ids[at]}}`, value);
        await redis.set(`article-statistics:{${ids[at]}}`, value);
      }
      await redis.set(`user:{${author}}`, '5+{"userId":"7"}');
      await redis.set(`user-statistics:{${author}}`, "5+{}");
      await using gateway = await world.openGateway({ recommenderAddress: recommendation.address });
      const reader = client(gateway);
      const feed = await reader.get("/articles?channel_id=103&per_page=20");
      expect(feed.status).toBe(200);
      expect(feed.body.data.results).toHaveLength(ids.length);
      expect((await reader.get(`/users/${author}`)).body.data).toMatchObject({ name: "frank" });
      expect(await unreadable(reader, "article")).toBeGreaterThan(0);
      expect(await unreadable(reader, "user")).toBe(1);
    } finally {
      redis.disconnect();
    }
  });

  test("of channels and static pages cost themselves alone, where MySQL is away", async () => {
    const redis = await redisOf(world);
    try {
      const channel = { id: 101, name: "文化", nameEn: "Culture", pinned: [] };
      const broken = [null, 7, {}, { ...channel, id: 102, pinned: ["abc"] }, { ...channel, id: "103" }];
      await redis.set("{channels}:last", JSON.stringify([...broken, channel]));
      await redis.del("{static-pages}:last");
      for (const [key, value] of Object.entries({ "101 json": "x", "102 html": "", "0 json": "e 1\n{" }))
        await redis.hset("{static-pages}:last", key, value);
      await redis.hset("{static-pages}:last", "101 html", "e 1\n<html>");
      await using gateway = await world.openGateway({
        recommenderAddress: "ipv4:127.0.0.1:1",
        mysqlUrl: "mysql://root@127.0.0.1:1/headline",
      });
      const reader = client(gateway);
      const { channels } = (await reader.get("/channels")).body.data;
      expect(channels.map(({ id }: { id: unknown }) => String(id))).toEqual(["101"]);
      const pages = await Promise.all(["101.html", "101.json"].map((page) => reader.get(`/pages/${page}`)));
      expect(pages.map(({ status }) => status)).toEqual([200, 503]);
      expect(await unreadable(reader, "channel")).toBe(broken.length);
    } finally {
      redis.disconnect();
    }
  });
});
