import { randomUUID } from "node:crypto";
import { readEvents } from "@headline/newsroom/events";
import { eventually } from "@headline/testkit";
import { BatchSigner, openTrackKeys } from "@headline/track-token";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { type Answer, bearer, type Client, client, openWorld, TRACK_SECRET, type World } from "./open-world.js";

let world: World;
let gateway: { url: string };
let author: bigint;
let articles: bigint[];

beforeAll(async () => {
  world = await openWorld();
  gateway = await world.openGateway({ recommenderAddress: "ipv4:127.0.0.1:1" });
  author = await world.addUser("author");
  articles = await world.addArticles(6, { authorId: author });
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

interface TestReader {
  readonly id: bigint;
  readonly here: Client;
}

async function reader(name: string): Promise<TestReader> {
  const id = await world.addUser(name);
  return { id, here: client(gateway, await bearer(id)) };
}

const TOKEN = {
  collect: "collect",
  liking: "liking",
  block: "click",
  click: "click",
  read: "read",
} as const;

/** Events of a reader, as the app reports them. */
async function report(who: TestReader, type: keyof typeof TOKEN, articleId: bigint, ts = Date.now()) {
  const expiresAtSeconds = Math.floor(ts / 1_000) + 600;
  const batch = { userId: who.id, channelId: 0, stamp: ts - 1_000, expiresAtSeconds, bucket: 1 };
  const signer = new BatchSigner(openTrackKeys(TRACK_SECRET), batch);
  const token = signer.article(articleId, 1, 0)[TOKEN[type]];
  const upload = { events: [{ id: randomUUID(), type, token, ts }] };
  expect(await client(gateway).post("/events", upload)).toMatchObject({
    status: 202,
    body: { data: { rejected: [] } },
  });
  return upload;
}

const page = async (who: Client, path: string): Promise<Answer["body"]> => {
  const { status, body } = await who.get(path);
  expect([path, status]).toEqual([path, 200]);
  return body.data;
};
const idsIn = ({ results }: Answer["body"]): bigint[] =>
  results.map((row: { article_id?: string; user_id?: string }) => BigInt(row.article_id ?? row.user_id ?? 0));
const latestFirst = (ids: readonly bigint[]) => [...ids].reverse();

/** Writes entries at times of the test's choice. */
async function write(table: string, columns: string, rows: readonly (readonly [bigint, bigint, number])[]) {
  for (const row of rows) await world.mysql.write(`INSERT INTO ${table} (${columns}) VALUES (?, ?, ?)`, row);
}

const LISTS = [
  ["collected", "/users/me/collected", "article_collects", "user_id, article_id, created_at"],
  ["liked", "/users/me/liked", "article_likes", "user_id, article_id, created_at"],
  ["read", "/users/me/read", "readings", "user_id, article_id, read_at"],
  ["following", "/users/:id/following", "follows", "user_id, author_id, created_at"],
  ["followers", "/users/:id/followers", "follows", "author_id, user_id, created_at"],
  ["blocked", "/users/me/blocked", "author_blocks", "user_id, author_id, created_at"],
] as const;

describe.each(LISTS)("the list %s", (name, route, table, columns) => {
  let owner: TestReader;
  let path: string;
  let subjects: readonly bigint[];

  beforeAll(async () => {
    owner = await reader(`owner of ${name}`);
    path = route.replace(":id", String(owner.id));
    const isOfArticles = columns.includes("article_id");
    subjects = isOfArticles
      ? articles
      : await Promise.all([1, 2, 3, 4, 5, 6].map((n) => world.addUser(`${name} ${n}`)));
    subjects = [...subjects].sort((a, b) => (a < b ? -1 : 1));
    // All of one millisecond but for the oldest: the ids decide.
    await write(
      table,
      columns,
      subjects.map((id, at) => [owner.id, id, at === 0 ? 999 : 1_000] as const),
    );
    if (table === "follows")
      await world.mysql.write("INSERT INTO user_statistics (user_id, followers, followings) VALUES (?, 6, 6)", [
        owner.id,
      ]);
  });

  test("is paged, the latest first, with its count; a last page that is exactly full says that there is no more", async () => {
    const whole = await page(owner.here, `${path}?per_page=6`);
    expect(whole).toMatchObject({ count: 6, has_more: false, next: null });
    expect(idsIn(whole)).toEqual(latestFirst(subjects));

    const walked: bigint[] = [];
    let before = "";
    for (const isLast of [false, false, true]) {
      const part = await page(owner.here, `${path}?per_page=2${before}`);
      expect(part).toMatchObject({ count: 6, has_more: !isLast, results: { length: 2 } });
      expect(part.next === null).toBe(isLast);
      walked.push(...idsIn(part));
      before = `&before=${part.next}`;
    }
    expect(walked).toEqual(latestFirst(subjects));
    const last = `${path}?per_page=2&before=999-${subjects[0]}`;
    expect(await page(owner.here, last)).toMatchObject({ count: 6, has_more: false, next: null, results: [] });
  });

  test("goes on where it was when entries before and at the cursor are removed", async () => {
    const first = await page(owner.here, `${path}?per_page=3`);
    const [, gone, cursor] = idsIn(first) as [bigint, bigint, bigint];
    const [mine, theirs] = columns.split(", ") as [string, string];
    const rows = [gone, cursor];
    for (const id of rows)
      await world.mysql.write(`DELETE FROM ${table} WHERE ${mine} = ? AND ${theirs} = ?`, [owner.id, id]);
    const second = await page(owner.here, `${path}?per_page=3&before=${first.next}`);
    expect(idsIn(second)).toEqual(latestFirst(subjects.slice(0, 3)));
    expect(second).toMatchObject({ has_more: false, next: null });
    await write(
      table,
      columns,
      rows.map((id) => [owner.id, id, 1_000] as const),
    );
  });

  test("refuses a cursor that is none, and names the field", async () => {
    for (const before of ["7", "-1-2", "1-2-3", "1-9223372036854775808", ""]) {
      const answer = await owner.here.get(`${path}?before=${before}`);
      expect(answer).toMatchObject({ status: 400, body: { errors: [{ field: "before" }] } });
    }
  });

  test(`is ${table === "follows" ? "public" : "its reader's alone"}`, async () => {
    const guest = await client(gateway).get(path);
    expect(guest.status).toBe(table === "follows" ? 200 : 401);
    const other = await page((await reader(`another than of ${name}`)).here, path);
    expect(other.results).toHaveLength(table === "follows" ? 6 : 0);
    expect(other.count).toBe(table === "follows" ? 6 : 0);
  });
});

describe("an entry", () => {
  test("of a deleted article stays, without the article, and can be removed", async () => {
    const who = await reader("keeps");
    const [gone] = (await world.addArticles(1, { authorId: author })) as [bigint];
    for (const type of ["collect", "liking"] as const) await report(who, type, gone);
    const lists = ["collected", "liked"];
    for (const list of lists)
      expect(await page(who.here, `/users/me/${list}`)).toMatchObject({
        count: 1,
        results: [{ article_id: String(gone), article: { title: "article 1", like_count: 1, collect_count: 1 } }],
      });
    await client(gateway, await bearer(author)).send("DELETE", `/articles/${gone}`);
    for (const list of lists) {
      const entry = { article_id: String(gone), article: null };
      expect(await page(who.here, `/users/me/${list}`)).toMatchObject({ count: 1, results: [entry] });
      const removed = await who.here.send("DELETE", `/users/me/${list}/${gone}`);
      expect(removed).toMatchObject({ status: 200, body: { data: { article_id: String(gone) } } });
      expect(await page(who.here, `/users/me/${list}`)).toMatchObject({ count: 0, results: [] });
    }
  });

  test("is removed once, counts no more, and the log says so", async () => {
    const who = await reader("removes");
    const [article] = articles as [bigint];
    const counts = async () => {
      const { like_count, collect_count } = await page(client(gateway), `/articles/${article}`);
      return [like_count, collect_count];
    };
    const before = await counts();
    for (const type of ["collect", "liking"] as const) await report(who, type, article);
    expect(await counts()).toEqual(before.map((count) => count + 1));
    for (const list of ["collected", "liked", "collected", "liked"])
      expect((await who.here.send("DELETE", `/users/me/${list}/${article}`)).status).toBe(200);
    expect(await counts()).toEqual(before);
    await eventually(async () => {
      const log = (await readEvents(world.mysql, 0n, 10_000)).filter(({ userId }) => userId === who.id);
      expect(log.map(({ kind, channelId }) => [kind, channelId]).sort()).toEqual([
        ["collect", 0],
        ["liking", 0],
        ["uncollect", 101],
        ["unliking", 101],
      ]);
    });
  });
});

describe("the reading history", () => {
  const read = async (who: TestReader) => idsIn(await page(who.here, "/users/me/read"));

  test("has what was opened, each article once, by when it was last", async () => {
    const who = await reader("reads");
    const [first, second] = articles as [bigint, bigint];
    const nowMs = Date.now();
    await report(who, "click", first, nowMs - 3_000);
    await report(who, "click", second, nowMs - 2_000);
    await eventually(async () => expect(await read(who)).toEqual([second, first]));
    await report(who, "read", first, nowMs - 1_000);
    await eventually(async () => expect(await read(who)).toEqual([first, second]));
    expect(await page(who.here, "/users/me/read")).toMatchObject({
      count: 2,
      results: [{ at: new Date(nowMs - 1_000).toISOString() }, { at: new Date(nowMs - 2_000).toISOString() }],
    });
  });

  test("keeps what was removed out, whatever comes again or late, until it is read again", async () => {
    const who = await reader("forgets");
    const [first, second, third] = articles as [bigint, bigint, bigint];
    const agoMs = Date.now() - 5_000;
    const upload = await report(who, "click", first, agoMs);
    await report(who, "click", second, agoMs - 1);
    await eventually(async () => expect(await read(who)).toEqual([first, second]));
    for (let time = 0; time < 2; time += 1)
      expect((await who.here.send("DELETE", `/users/me/read/${first}`)).status).toBe(200);
    expect(await page(who.here, "/users/me/read")).toMatchObject({
      count: 1,
      results: [{ article_id: String(second) }],
    });

    await client(gateway).post("/events", upload); // again
    await report(who, "read", first, agoMs + 1); // late
    await report(who, "click", third, agoMs + 2);
    await eventually(async () => expect(await read(who)).toEqual([third, second]));

    await report(who, "read", first, Date.now() + 60_000);
    await eventually(async () => expect(await read(who)).toEqual([first, third, second]));
  });

  test("is cleared of all that was read until then, also of what lands afterwards", async () => {
    const who = await reader("clears");
    const [first, second, third] = articles as [bigint, bigint, bigint];
    const agoMs = Date.now() - 5_000;
    await report(who, "click", first, agoMs);
    await eventually(async () => expect(await read(who)).toEqual([first]));
    for (let time = 0; time < 2; time += 1)
      expect(await who.here.send("DELETE", "/users/me/read")).toMatchObject({
        status: 200,
        body: { data: { count: 0 } },
      });
    await report(who, "click", second, agoMs + 1); // late
    await report(who, "click", third, Date.now() + 60_000);
    await eventually(async () => expect(await read(who)).toEqual([third]));
    expect(await page(who.here, "/users/me/read")).toMatchObject({ count: 1 });
  });

  test("has nothing of a guest, nor of what was only seen", async () => {
    const who = await reader("scrolls");
    await report({ id: -7n, here: who.here }, "click", articles[0] as bigint);
    await report(who, "liking", articles[0] as bigint);
    await report(who, "click", articles[1] as bigint);
    await eventually(async () => expect(await read(who)).toEqual([articles[1]]));
    expect(await world.mysql.query("SELECT user_id FROM readings WHERE user_id < 0")).toEqual([]);
  });
});

describe("a block", () => {
  test("hides the author and their articles from every other list, until it is ended by the author's id", async () => {
    const who = await reader("blocks");
    const foe = await reader("foe");
    const fan = await reader("fan");
    const [article] = (await world.addArticles(1, { authorId: foe.id })) as [bigint];
    await report(who, "collect", article);
    await report(who, "liking", article);
    await report(who, "click", article);
    await fan.here.send("PUT", `/users/${author}/follow`);
    await fan.here.send("PUT", `/users/${foe.id}/follow`);
    await foe.here.send("PUT", `/users/${author}/follow`);
    const lists = ["/users/me/collected", "/users/me/liked", "/users/me/read"];
    const shown = async () => [
      ...(await Promise.all(lists.map(async (path) => idsIn(await page(who.here, path)).length))),
      idsIn(await page(who.here, `/users/${fan.id}/following`)),
      idsIn(await page(who.here, `/users/${author}/followers`)).includes(foe.id),
      idsIn(await page(who.here, "/users/me/blocked")),
    ];
    const before = [1, 1, 1, [foe.id, author], true, []];
    await eventually(async () => expect(await shown()).toEqual(before));

    await report(who, "block", article);
    expect(await shown()).toEqual([0, 0, 0, [author], false, [foe.id]]);
    expect(await page(who.here, "/users/me/collected")).toMatchObject({ count: 1, results: [], has_more: false });
    expect(await page(who.here, `/users/${fan.id}/following`)).toMatchObject({ count: 2 });
    expect(idsIn(await page(client(gateway), `/users/${fan.id}/following`))).toEqual([foe.id, author]);
    const viewer = async () => (await page(who.here, `/articles/${article}`)).viewer.blocked_author;
    expect(await viewer()).toBe(true);

    for (let time = 0; time < 2; time += 1)
      expect(await who.here.send("DELETE", `/users/me/blocked/${foe.id}`)).toMatchObject({
        status: 200,
        body: { data: { user_id: String(foe.id), blocked: false } },
      });
    expect(await shown()).toEqual(before);
    expect(await viewer()).toBe(false);
    await eventually(async () => {
      const log = await readEvents(world.mysql, 0n, 10_000);
      const kinds = log.filter(({ userId, kind }) => userId === who.id && kind.endsWith("block"));
      expect(kinds.map(({ kind, articleId }) => [kind, articleId])).toEqual([
        ["block", article],
        ["unblock", article],
      ]);
    });
  });
});

test("who reads whom somebody follows is told whom they follow themselves; who is not there follows nobody", async () => {
  const [one, two, three] = await Promise.all(["one", "two", "three"].map(reader));
  await one?.here.send("PUT", `/users/${two?.id}/follow`);
  await one?.here.send("PUT", `/users/${three?.id}/follow`);
  await two?.here.send("PUT", `/users/${three?.id}/follow`);
  const asTwo = await page(two?.here as Client, `/users/${one?.id}/following`);
  expect(asTwo).toMatchObject({
    count: 2,
    results: expect.arrayContaining([
      expect.objectContaining({ user_id: String(three?.id), name: "three", following: true }),
      expect.objectContaining({ user_id: String(two?.id), name: "two", following: false }),
    ]),
  });
  const [follower] = (await page(client(gateway), `/users/${two?.id}/followers`)).results;
  expect(follower).toEqual({ user_id: String(one?.id), name: "one", about: "", at: expect.any(String) });
  expect((await client(gateway).get("/users/999999/followers")).status).toBe(404);
});
