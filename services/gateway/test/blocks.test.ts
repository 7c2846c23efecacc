import { randomUUID } from "node:crypto";
import { eventually } from "@headline/testkit";
import { BatchSigner, openTrackKeys } from "@headline/track-token";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { bearer, type Client, client, openWorld, TRACK_SECRET, type World } from "./open-world.js";
import { connected, type PushClient } from "./push-client.js";

let world: World;
let live: { url: string };
/** Without a recommender: what it shows is put together here. */
let alone: { url: string };
let foe: bigint;
let friend: bigint;
let ofFoe: bigint[];
let ofFriend: bigint[];

beforeAll(async () => {
  world = await openWorld();
  foe = await world.addUser("foe");
  friend = await world.addUser("friend");
  ofFoe = await world.addArticles(3, { authorId: foe });
  ofFriend = await world.addArticles(2, { authorId: friend });
  await world.mysql.write(
    "INSERT INTO pinned_articles (channel_id, article_id, position) VALUES (101, ?, 1), (101, ?, 2)",
    [ofFoe[0] as bigint, ofFriend[0] as bigint],
  );
  live = (await world.open()).gateway;
  alone = await world.openGateway({ recommenderAddress: "ipv4:127.0.0.1:1", push: { updatesEveryMs: 50 } });
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

interface TestReader {
  readonly id: bigint;
  readonly token: string;
  readonly here: Client;
}

async function reader(name: string): Promise<TestReader> {
  const id = await world.addUser(name);
  const token = await bearer(id);
  return { id, token, here: client(alone, token) };
}

/** As the app blocks: by the token of one of the author's articles. */
async function react(userId: bigint, type: "block" | "unblock", at = alone) {
  const stamp = Date.now();
  const batch = { userId, channelId: 0, stamp, expiresAtSeconds: Math.floor(stamp / 1_000) + 600, bucket: 1 };
  const token = new BatchSigner(openTrackKeys(TRACK_SECRET), batch).article(ofFoe[0] as bigint, 1, 0).click;
  const events = [{ id: randomUUID(), type, token, ts: stamp }];
  expect(await client(at).post("/events", { events })).toMatchObject({ status: 202, body: { data: { accepted: 1 } } });
}

// biome-ignore lint/suspicious/noExplicitAny: rows as a client reads them
const rows = async (who: Client, path: string): Promise<any[]> => (await who.get(path)).body.data.results;

describe("a reader who has blocked somebody", () => {
  test("meets nothing of theirs in any list, count or push, until they unblock them", async () => {
    const { id, token, here } = await reader("reader");
    const asFoe = client(alone, await bearer(foe));
    const asFriend = client(alone, await bearer(friend));
    for (const [who, text] of [
      [asFoe, "from foe"],
      [asFriend, "from friend"],
    ] as const) {
      expect((await who.send("PUT", `/users/${id}/follow`)).status).toBe(200);
      expect((await who.post(`/articles/${ofFriend[0]}/comments`, { content: text })).status).toBe(201);
      const message = { text, client_id: randomUUID() };
      expect((await who.post(`/conversations/${id}/messages`, message)).status).toBe(201);
    }
    using device = await connected(alone, { token });

    const everything = async () => ({
      similar: authors((await here.get(`/articles/${ofFriend[0]}`)).body.data.similar),
      fallback: authors(await rows(here, "/articles?channel_id=101&per_page=50")),
      waiting: (await here.get("/articles/updates?channel_id=101&since=0")).body.data.count,
      comments: (await rows(here, `/articles/${ofFriend[0]}/comments`)).map(({ content }) => content),
      notifications: (await rows(here, "/notifications")).map(({ actor_name }) => actor_name),
      unread: (await here.get("/notifications")).body.data.unread,
      conversations: (await rows(here, "/conversations")).map(({ user_name }) => user_name),
      missed: await device.ask("catch_up", { last_notification_id: "0", last_message_id: "0" }),
      updates: await updates(device),
    });
    const before = await everything();
    expect(before).toEqual({
      similar: ["foe", "foe", "foe", "friend"],
      fallback: ["foe", "foe", "foe", "friend", "friend"],
      waiting: 5,
      comments: ["from friend", "from foe"],
      notifications: ["friend", "foe"],
      unread: 2,
      conversations: ["friend", "foe"],
      missed: { data: { unread: 2, notifications: { sent: 2, more: false }, messages: { sent: 2, more: false } } },
      updates: 5,
    });
    await react(id, "block");
    expect(await everything()).toEqual({
      similar: ["friend"],
      fallback: ["friend", "friend"],
      waiting: 2,
      comments: ["from friend"],
      notifications: ["friend"],
      unread: 1,
      conversations: ["friend"],
      missed: { data: { unread: 1, notifications: { sent: 1, more: false }, messages: { sent: 1, more: false } } },
      updates: 2,
    });
    expect((await rows(client(alone), `/articles/${ofFriend[0]}/comments`)).length).toBe(2); // to everybody else it is there
    await react(id, "unblock");
    expect(await everything()).toEqual(before);
  });

  test("has a feed without them, pinned articles included, at every gateway", async () => {
    const all = await feedOf(await bearer(await world.addUser("innocent")));
    expect([authors(all), all.filter(({ is_top }) => is_top).length]).toEqual([
      ["foe", "foe", "foe", "friend", "friend"],
      2,
    ]);
    for (const at of [live, alone]) {
      const { id, token } = await reader(`blocks at ${at.url}`);
      await feedOf(token, alone); // in the memory of both, before
      await react(id, "block", at);
      await eventually(async () => {
        const timestamp = Date.now();
        expect(authors(await feedOf(token, alone))).not.toContain("foe");
        const page = await rows(client(live, token), `/articles?channel_id=101&with_top=1&timestamp=${timestamp}`);
        expect(authors(page)).not.toContain("foe");
        expect(page.filter(({ is_top }) => is_top)).toHaveLength(1);
      });
    }
  });

  test("is a guest as well", async () => {
    const guest = client(alone, "Anony 4242");
    expect(authors((await guest.get(`/articles/${ofFriend[0]}`)).body.data.similar)).toContain("foe");
    await react(-4242n, "block");
    expect(authors((await guest.get(`/articles/${ofFriend[0]}`)).body.data.similar)).toEqual(["friend"]);
    expect((await rows(guest, `/articles/${ofFriend[0]}/comments`)).map(({ user_name }) => user_name)).not.toContain(
      "foe",
    );
  });

  test("finds what they look for by its id: the article, its author, and what was written", async () => {
    const { id, here } = await reader("curious");
    await client(alone, await bearer(foe)).post(`/conversations/${id}/messages`, {
      text: "hi",
      client_id: randomUUID(),
    });
    await react(id, "block");
    expect((await here.get(`/articles/${ofFoe[0]}`)).body.data.viewer).toMatchObject({ blocked_author: true });
    expect((await here.get(`/users/${foe}`)).status).toBe(200);
    expect(await rows(here, `/users/${foe}/articles`)).toHaveLength(3);
    expect(await rows(here, `/conversations/${foe}/messages`)).toHaveLength(1);
  });

  test("pages through lists as if the others were not there", async () => {
    const { id, here } = await reader("pager");
    const [article] = await world.addArticles(1, { authorId: friend });
    const asFoe = client(alone, await bearer(foe));
    const asFriend = client(alone, await bearer(friend));
    for (const who of [asFriend, asFoe, asFriend, asFoe, asFoe])
      await who.post(`/articles/${article}/comments`, { content: "said" });
    await react(id, "block");
    const page = (await here.get(`/articles/${article}/comments?per_page=2`)).body.data;
    expect(page).toMatchObject({
      has_more: false,
      next: null,
      results: [{ user_name: "friend" }, { user_name: "friend" }],
    });
  });
});

function authors(articles: readonly { aut_name: string }[]): string[] {
  return articles.map(({ aut_name }) => aut_name).sort();
}

async function feedOf(token: string, at = live) {
  return rows(client(at, token), `/articles?channel_id=101&per_page=50&with_top=1&timestamp=${Date.now()}`);
}

/** The count that a device is told once it watches anew. */
async function updates(device: PushClient): Promise<number> {
  const told = device.told("updates").length;
  await device.ask("watch", { channel_id: "101", since: 0 });
  return (await device.hears("updates", told + 1)).at(-1).count;
}
