import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { bearer, type Client, client, openWorld, type World } from "./open-world.js";

const HOUR_MS = 3_600_000;

let world: World;
let author: Client;
let strangers: readonly Client[];
let alice: bigint;

beforeAll(async () => {
  world = await openWorld();
  alice = await world.addUser("alice");
  const gateway = await world.openGateway({ recommenderAddress: "ipv4:127.0.0.1:1" });
  author = client(gateway, await bearer(alice));
  const bob = client(gateway, await bearer(await world.addUser("bob")));
  strangers = [bob, client(gateway), client(gateway, `Anony ${alice}`)];
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

async function write(): Promise<{ id: string; publishAt: string }> {
  const publishAt = new Date(Date.now() + HOUR_MS).toISOString();
  const draft = {
    title: "Later",
    content: "Patience",
    channel_id: 101,
    cover: ["/covers/a.svg"],
    publish_at: publishAt,
  };
  return { id: (await author.post("/articles", draft)).body.data.article_id, publishAt };
}

describe("an article that waits for its time", () => {
  test("is read by its author, scheduled and held, as it is edited; by nobody else", async () => {
    const { id, publishAt } = await write();
    const path = `/articles/${id}`;
    const shown = {
      article_id: id,
      title: "Later",
      content: "Patience",
      channel_id: "101",
      aut_id: String(alice),
      aut_name: "alice",
      cover: ["/covers/a.svg"],
      similar: [],
      comment_count: 0,
    };
    const scheduled = { ...shown, status: "scheduled", publish_at: publishAt, pubdate: publishAt };
    expect((await author.get(path)).body.data).toMatchObject(scheduled);
    await author.send("PATCH", path, { body: { content: "Still patience", publish_at: null } });
    const held = { ...shown, content: "Still patience", status: "held", publish_at: null };
    expect((await author.get(path)).body.data).toMatchObject(held);
    for (const stranger of strangers) {
      expect((await stranger.get(path)).status).toBe(404);
      expect((await stranger.get(`${path}/comments`)).status).toBe(404);
    }
    const [bob] = strangers as [Client];
    expect((await bob.send("PATCH", path, { body: { title: "mine" } })).status).toBe(404);
    expect((await bob.send("DELETE", path)).status).toBe(404);
    expect((await bob.post("/orders", { article_id: id })).status).toBe(404);
    expect(await author.post("/orders", { article_id: id })).toMatchObject({ status: 422 });

    expect((await author.send("DELETE", path)).status).toBe(200);
    expect((await author.get(path)).status).toBe(404);
  });

  test("is everybody's once it is published, and says so", async () => {
    const { body } = await author.post("/articles", { title: "Now", content: "At once", channel_id: 101 });
    for (const reader of [author, ...strangers])
      expect((await reader.get(`/articles/${body.data.article_id}`)).body.data).toMatchObject({
        status: "published",
        publish_at: null,
        content: "At once",
      });
  });
});
