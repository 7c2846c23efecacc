import { randomUUID } from "node:crypto";
import { publishScheduled } from "@headline/newsroom/articles";
import { jobsIn, openJobStore } from "@headline/newsroom/jobs";
import { type TurnableClock, turnableClock } from "@headline/testkit";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { type Answer, bearer, type Client, client, openWorld, type World } from "./open-world.js";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

let world: World;
let clock: TurnableClock;
let alice: bigint;
let author: Client;

beforeAll(async () => {
  world = await openWorld();
  alice = await world.addUser("alice");
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

/** A gateway whose clock the test turns; tokens outlive the turns. */
async function openAuthor(): Promise<Client> {
  clock = turnableClock(Date.now());
  const gateway = await world.openGateway({ recommenderAddress: "ipv4:127.0.0.1:1", now: clock.now });
  return client(gateway, await bearer(alice, { exp: Math.floor(Date.now() / 1_000) + 30 * 86_400 }));
}

const day = (ahead: number) => new Date(clock.now() + ahead * DAY_MS).toISOString().slice(0, 10);

describe("a retry with the same Idempotency-Key is given the first answer", () => {
  beforeAll(async () => {
    author = await openAuthor();
  });

  async function twice(path: string, body: unknown, meanwhile: () => unknown): Promise<[Answer, Answer]> {
    const key = { "idempotency-key": randomUUID() };
    const first = await author.post(path, body, key);
    expect(first.status).toBe(201);
    await meanwhile();
    return [first, await author.post(path, body, key)];
  }

  test("an article with a time, after that time; a new one is refused", async () => {
    const draft = { title: "Later", content: "c", channel_id: 101, publish_at: clock.now() + HOUR_MS };
    const [first, again] = await twice("/articles", draft, () => clock.advance(2 * HOUR_MS));
    expect(again).toMatchObject({ status: 201, body: first.body });
    expect(again.headers.get("location")).toBe(first.headers.get("location"));
    const anew = await author.post("/articles", draft, { "idempotency-key": randomUUID() });
    expect(anew).toMatchObject({ status: 400, body: { errors: [{ field: "publish_at" }] } });
    expect((await author.post("/articles", draft)).status).toBe(400);
  });

  test("an article that was deleted meanwhile, or whose channel is gone", async () => {
    const draft = { title: "Short-lived", content: "c", channel_id: 103 };
    const [first, again] = await twice("/articles", draft, async () => {
      await world.mysql.write("DELETE FROM channels WHERE id = 103");
      author = await openAuthor();
      expect((await author.post("/articles", draft)).status).toBe(400);
    });
    expect(again).toMatchObject({ status: 201, body: first.body });
    const [once, more] = await twice("/articles", { ...draft, channel_id: 101 }, async () => {
      const [newest] = (await author.get("/users/me/articles?per_page=1")).body.data.results;
      expect((await author.send("DELETE", `/articles/${newest.article_id}`)).status).toBe(200);
    });
    expect(more).toMatchObject({ status: 201, body: once.body });
  });

  test("an order of a day that is over; a new one is refused", async () => {
    const [article] = await world.addArticles(1, { authorId: alice });
    const order = { article_id: String(article), day: day(1) };
    const [first, again] = await twice("/orders", order, () => clock.advance(3 * DAY_MS));
    expect(again).toMatchObject({
      status: 201,
      body: { data: { order_id: first.body.data.order_id, day: order.day } },
    });
    expect(await author.post("/orders", order)).toMatchObject({ status: 400, body: { errors: [{ field: "day" }] } });
  });

  test("a comment on an article that was deleted meanwhile", async () => {
    const [article] = await world.addArticles(1, { authorId: alice });
    const [first, again] = await twice(`/articles/${article}/comments`, { content: "First!" }, () =>
      author.send("DELETE", `/articles/${article}`),
    );
    expect(again).toMatchObject({ status: 201, body: first.body });
  });

  test("a comment that was deleted meanwhile, and nothing is written again", async () => {
    const [article] = await world.addArticles(1, { authorId: alice });
    const [first, again] = await twice(`/articles/${article}/comments`, { content: "Never\r\nmind" }, async () => {
      const [{ comment_id }] = (await author.get(`/articles/${article}/comments`)).body.data.results;
      expect((await author.send("DELETE", `/articles/${article}/comments/${comment_id}`)).status).toBe(200);
    });
    expect(again).toMatchObject({ status: 201, body: first.body });
    expect((await author.get(`/articles/${article}/comments`)).body.data.results).toEqual([]);
    expect((await author.get(`/articles/${article}`)).body.data.comment_count).toBe(0);
  });

  test("a deletion, and only its author's", async () => {
    const count = async () => (await author.get("/users/me")).body.data.article_count;
    const { body } = await author.post("/articles", { title: "t", content: "c", channel_id: 101 });
    const before = await count();
    const path = `/articles/${body.data.article_id}`;
    const answers = await Promise.all([author.send("DELETE", path), author.send("DELETE", path)]);
    answers.push(await author.send("DELETE", path));
    for (const answer of answers) expect(answer).toMatchObject({ status: 200, body });
    expect(await count()).toBe(before - 1);
    const gateway = await world.openGateway({ recommenderAddress: "ipv4:127.0.0.1:1" });
    const bob = client(gateway, await bearer(await world.addUser("bob")));
    expect((await bob.send("DELETE", path)).status).toBe(404);
    expect((await author.send("PATCH", path, { body: { title: "u" } })).status).toBe(404);
  });

  test("an edit of an article that was edited again, and then deleted", async () => {
    const { body } = await author.post("/articles", { title: "t", content: "c", channel_id: 101 });
    const path = `/articles/${body.data.article_id}`;
    const edit = (title: string, key: string) =>
      author.send("PATCH", path, { body: { title }, headers: { "idempotency-key": key } });
    const first = await edit("first", "an-edit");
    expect(first).toMatchObject({ status: 200, body });
    expect((await edit("second", "another-edit")).status).toBe(200);
    expect(await edit("first", "an-edit")).toMatchObject({ status: 200, body: first.body });
    expect((await author.get(path)).body.data.title).toBe("second");
    expect((await edit("third", "an-edit")).status).toBe(422);
    expect((await author.send("DELETE", path)).status).toBe(200);
    expect(await edit("first", "an-edit")).toMatchObject({ status: 200, body: first.body });
    expect((await edit("first", "a-new-edit")).status).toBe(404);
    expect((await author.send("DELETE", path)).status).toBe(200);
  });

  test("an edit that sets the time by which the article was published, or a channel that is gone", async () => {
    await world.mysql.write("INSERT INTO channels (id, name, name_en, position) VALUES (104, 'x', 'x', 4)");
    author = await openAuthor();
    clock.advance(-3 * HOUR_MS); // the time comes by the clock of the database
    const publish_at = clock.now() + HOUR_MS;
    const { body } = await author.post("/articles", { title: "t", content: "c", channel_id: 101, publish_at });
    const path = `/articles/${body.data.article_id}`;
    const edit = (fields: object) => author.send("PATCH", path, { body: fields });
    const first = { title: "u", publish_at: publish_at + HOUR_MS, channel_id: 104 };
    expect((await edit(first)).status).toBe(200);
    await world.mysql.write("DELETE FROM channels WHERE id = 104");
    author = await openAuthor();
    expect((await edit(first)).status).toBe(200);
    const store = openJobStore(world.mysqlUrl);
    const published = await publishScheduled(
      world.mysql,
      jobsIn(store),
      BigInt(body.data.article_id),
      first.publish_at,
    );
    await store.close();
    expect(published.outcome).toBe("published");
    const [{ pubdate }] = (await author.get("/users/me/articles?per_page=1")).body.data.results;
    expect(await edit(first)).toMatchObject({ status: 200, body });
    expect((await author.get("/users/me/articles?per_page=1")).body.data.results).toMatchObject([
      { article_id: body.data.article_id, title: "u", status: "published", publish_at: null, pubdate },
    ]);
    expect((await edit({ publish_at: first.publish_at + 1 })).status).toBe(422);
    expect((await edit({ publish_at: null })).status).toBe(422);
  });

  test("an edit that sets the time which an article has already, after that time", async () => {
    const publish_at = clock.now() + HOUR_MS;
    const { body } = await author.post("/articles", { title: "t", content: "c", channel_id: 101, publish_at });
    const path = `/articles/${body.data.article_id}`;
    const edit = { body: { publish_at: publish_at + HOUR_MS } };
    expect((await author.send("PATCH", path, edit)).status).toBe(200);
    clock.advance(3 * HOUR_MS);
    expect((await author.send("PATCH", path, edit)).status).toBe(200);
    expect((await author.send("PATCH", path, { body: { publish_at } })).status).toBe(400);
  });
});
