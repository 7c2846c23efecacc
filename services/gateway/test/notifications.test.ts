import { randomUUID } from "node:crypto";
import { INBOX_MAX, notifyFollowers, pruneInboxes } from "@headline/newsroom/notifications";
import { BatchSigner, openTrackKeys } from "@headline/track-token";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { bearer, type Client, client, openWorld, TRACK_SECRET, type World } from "./open-world.js";

let world: World;
let gateway: { url: string };
let names = 0;

beforeAll(async () => {
  world = await openWorld();
  gateway = await world.openGateway({ recommenderAddress: "127.0.0.1:1" });
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

interface Person {
  readonly id: bigint;
  readonly name: string;
  readonly http: Client;
}

async function person(): Promise<Person> {
  names += 1;
  const name = `person ${names}`;
  const id = await world.addUser(name);
  return { id, name, http: client(gateway, await bearer(id)) };
}

const articleOf = async ({ id }: Person) => (await world.addArticles(1, { authorId: id }))[0] as bigint;
const inbox = async ({ http }: Person, query = "") => (await http.get(`/notifications${query}`)).body.data;
const kindsOf = async (who: Person) => (await inbox(who)).results.map(({ kind }: { kind: string }) => kind);
const block = (who: Person, whom: Person) =>
  world.mysql.write("INSERT INTO author_blocks (user_id, author_id, created_at) VALUES (?, ?, 1)", [who.id, whom.id]);

async function react({ id }: Person, articleId: bigint, type: "liking" | "unliking") {
  const stamp = Date.now();
  const batch = { userId: id, channelId: 0, stamp, expiresAtSeconds: Math.floor(stamp / 1_000) + 60, bucket: 1 };
  const { liking: token } = new BatchSigner(openTrackKeys(TRACK_SECRET), batch).article(articleId, 1, 0);
  const event = { id: randomUUID(), type, token, ts: stamp };
  expect((await client(gateway).post("/events", { events: [event] })).body.data.accepted).toBe(1);
}

describe("an author is told", () => {
  test("of who follows, once, however often they change their mind, and never of themselves", async () => {
    const [author, reader] = [await person(), await person()];
    for (let times = 1; times <= 3; times += 1) {
      expect((await reader.http.send("PUT", `/users/${author.id}/follow`)).status).toBe(200);
      expect((await reader.http.send("DELETE", `/users/${author.id}/follow`)).status).toBe(200);
    }
    expect(await inbox(author)).toEqual({
      results: [
        {
          id: expect.stringMatching(/^\d+$/),
          kind: "followed",
          subject_id: String(reader.id),
          actor_id: String(reader.id),
          actor_name: reader.name,
          created_at: expect.stringMatching(/^\d{4}-.*Z$/),
          read_at: null,
        },
      ],
      unread: 1,
      has_more: false,
      next: null,
    });
    expect((await inbox(reader)).results).toEqual([]);
  });

  test("of a like, once, with the article's title, and not of their own", async () => {
    const [author, reader] = [await person(), await person()];
    const article = await articleOf(author);
    await react(reader, article, "liking");
    await react(reader, article, "unliking");
    await react(reader, article, "liking");
    await react(author, article, "liking");
    const { results } = await inbox(author);
    expect(results).toEqual([
      expect.objectContaining({
        kind: "liked",
        subject_id: String(article),
        actor_name: reader.name,
        title: "article 1",
      }),
    ]);
  });

  test("of each comment, not of their own, and no more of one that is deleted", async () => {
    const [author, reader] = [await person(), await person()];
    const article = await articleOf(author);
    const path = `/articles/${article}/comments`;
    const ids: string[] = [];
    for (const content of ["one", "two"]) ids.push((await reader.http.post(path, { content })).body.data.comment_id);
    await author.http.post(path, { content: "three" });
    const { results } = await inbox(author);
    expect(results.map(({ subject_id }: { subject_id: string }) => subject_id)).toEqual(ids.reverse());
    expect(results[0]).toMatchObject({ kind: "commented", article_id: String(article), title: "article 1" });
    await reader.http.send("DELETE", `${path}/${ids[0]}`);
    expect((await inbox(author)).results).toHaveLength(1);
  });

  test("of an order that is paid, once", async () => {
    const author = await person();
    const article = await articleOf(author);
    const { body } = await author.http.post("/orders", { article_id: String(article) });
    for (let times = 1; times <= 2; times += 1)
      expect((await author.http.send("POST", `/orders/${body.data.order_id}/payment`)).status).toBe(200);
    expect((await inbox(author)).results).toEqual([
      expect.objectContaining({
        kind: "order_paid",
        subject_id: body.data.order_id,
        actor_id: null,
        title: "article 1",
      }),
    ]);
  });

  test("nothing of somebody they have blocked", async () => {
    const [author, reader] = [await person(), await person()];
    const article = await articleOf(author);
    await block(author, reader);
    await reader.http.send("PUT", `/users/${author.id}/follow`);
    await reader.http.post(`/articles/${article}/comments`, { content: "hello?" });
    await react(reader, article, "liking");
    expect(await kindsOf(author)).toEqual([]);
  });

  test("or nothing at all, when what they would be told of did not come to be", async () => {
    const [author, reader] = [await person(), await person()];
    const article = await articleOf(author);
    await author.http.send("DELETE", `/articles/${article}`);
    expect((await reader.http.post(`/articles/${article}/comments`, { content: "late" })).status).toBe(404);
    expect(await kindsOf(author)).toEqual([]);
  });
});

describe("followers", () => {
  test("hear of a new article, but for those who have blocked its author", async () => {
    const [author, friend, foe] = [await person(), await person(), await person()];
    for (const follower of [friend, foe]) await follower.http.send("PUT", `/users/${author.id}/follow`);
    await block(foe, author);
    const article = await articleOf(author);
    const piece = { after: "0", until: null };
    expect(await notifyFollowers(world.mysql, article, piece)).toMatchObject({ notified: 1 });
    expect(await notifyFollowers(world.mysql, article, piece)).toEqual({ notified: 0, changes: [] });
    expect((await inbox(friend)).results[0]).toMatchObject({ kind: "new_article", actor_name: author.name });
    expect(await kindsOf(foe)).toEqual([]);
  });
});

describe("an inbox", () => {
  const fill = async ({ id }: Person, count: number) => {
    const values = Array.from({ length: count }, (_, index) => `(${id}, 'liked', ${index + 1}, 900000001, 1)`);
    await world.mysql.write(
      `INSERT INTO notifications (user_id, kind, subject_id, actor_id, created_at) VALUES ${values.join(",")}`,
    );
  };

  test("is read a page at a time, and marked as read up to an id", async () => {
    const who = await person();
    await fill(who, 7);
    const seen: string[] = [];
    for (let query = "?per_page=3"; query !== ""; ) {
      const { results, next, has_more, unread } = await inbox(who, query);
      expect(unread).toBe(7);
      expect(has_more).toBe(next !== null);
      seen.push(...results.map(({ id }: { id: string }) => id));
      query = next === null ? "" : `?per_page=3&before=${next}`;
    }
    expect(seen).toHaveLength(7);
    expect([...seen].sort((a, b) => Number(b) - Number(a))).toEqual(seen);
    const read = (up_to: unknown) => who.http.post("/notifications/read", { up_to });
    expect((await read(seen[2])).body.data).toEqual({ up_to: seen[2], unread: 2 });
    const readAt = (await inbox(who)).results.at(-1).read_at;
    expect((await read(seen[6])).body.data.unread).toBe(2);
    expect((await read("9223372036854775807")).body.data.unread).toBe(0);
    expect((await inbox(who)).results.at(-1).read_at).toBe(readAt);
    expect((await inbox(who)).results[0]).toMatchObject({ actor_name: "user 900000001" });
  });

  test("counts and keeps the newest 500", async () => {
    const [who, other] = [await person(), await person()];
    await fill(who, INBOX_MAX + 20);
    await fill(other, 3);
    expect((await inbox(who)).unread).toBe(INBOX_MAX);
    const [newest] = (await inbox(who, "?per_page=1")).results;
    expect(await pruneInboxes(world.mysql, new AbortController().signal)).toBe(20);
    const [row] = await world.mysql.query<{ held: string; newest: string }>(
      "SELECT COUNT(*) AS held, MAX(id) AS newest FROM notifications WHERE user_id = ?",
      [who.id],
    );
    expect(row).toEqual({ held: String(INBOX_MAX), newest: newest.id });
    expect((await inbox(other)).unread).toBe(3);
    expect((await who.http.post("/notifications/read", { up_to: newest.id })).body.data.unread).toBe(0);
  });

  test("is nobody else's, and takes no nonsense", async () => {
    const who = await person();
    expect((await client(gateway).get("/notifications")).status).toBe(401);
    expect((await client(gateway, "Anony 7").get("/notifications")).status).toBe(401);
    expect((await client(gateway).post("/notifications/read", { up_to: "1" })).status).toBe(401);
    for (const query of ["per_page=0", "per_page=51", "before=-1", "before=x", "before=1&before=2"])
      expect([query, (await who.http.get(`/notifications?${query}`)).status]).toEqual([query, 400]);
    for (const body of [
      {},
      [],
      { up_to: -1 },
      { up_to: 1.5 },
      { up_to: "1e3" },
      { up_to: null },
      { up_to: 1, more: 1 },
    ])
      expect([body, (await who.http.post("/notifications/read", body)).status]).toEqual([body, 400]);
  });
});
