import { eventually } from "@headline/testkit";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { bearer, client, openWorld, type World } from "./open-world.js";

let world: World;
let gateway: { url: string };
let alice: bigint;
let bob: bigint;

beforeAll(async () => {
  world = await openWorld();
  alice = await world.addUser("alice");
  bob = await world.addUser("bob");
  ({ gateway } = await world.open());
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

describe("an author", () => {
  test("publishes, and the article reaches readers' feeds", async () => {
    const author = client(gateway, await bearer(alice));
    const published = await author.post("/articles", {
      title: " 夜班火车上的图书馆 ",
      content: "第一段\n第二段",
      channel_id: 101,
      cover: ["/covers/a.svg"],
    });
    expect(published).toMatchObject({
      status: 201,
      body: { message: "OK", data: { article_id: expect.stringMatching(/^\d+$/) } },
    });
    const id = published.body.data.article_id;

    const reader = client(gateway, "Anony 7");
    await eventually(async () => {
      const page = await client(gateway).get("/articles?channel_id=101");
      expect(page.status).toBe(200);
      expect(page.body.data.results).toEqual([
        expect.objectContaining({
          article_id: id,
          title: "夜班火车上的图书馆",
          aut_id: String(alice),
          aut_name: "alice",
          channel_id: "101",
          cover: ["/covers/a.svg"],
          like_count: 0,
          is_top: false,
          reason: expect.stringMatching(/^[a-z]+$/),
        }),
      ]);
    });
    expect((await reader.get(`/articles/${id}`)).body.data).toMatchObject({
      article_id: id,
      content: "第一段\n第二段",
      similar: [],
    });
    expect((await reader.get(`/users/${alice}`)).body.data).toMatchObject({ name: "alice", article_count: 1 });
    expect(
      (await client(gateway, await bearer(bob)).send("PATCH", `/articles/${id}`, { body: { title: "x" } })).status,
    ).toBe(403);
  });
});
