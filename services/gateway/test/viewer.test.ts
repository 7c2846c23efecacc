import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { bearer, type Client, client, openWorld, type World } from "./open-world.js";

let world: World;
let reader: Client;
let guest: Client;
let nobody: Client;
let articleId: string;

beforeAll(async () => {
  world = await openWorld();
  const author = await world.addUser("author");
  const { gateway } = await world.open();
  reader = client(gateway, await bearer(await world.addUser("reader")));
  guest = client(gateway, "Anony 77");
  nobody = client(gateway);
  articleId = String((await world.addArticles(1, { authorId: author }))[0]);
});

afterAll(async () => {
  await world?.[Symbol.asyncDispose]();
});

const show = async (who: Client) => (await who.get(`/articles/${articleId}`)).body.data;
const send = (who: Client, type: string, token: string) =>
  who.post("/events", { events: [{ id: crypto.randomUUID(), type, token, ts: Date.now() }] });

describe("an article opened by a link", () => {
  test("can be liked with the tokens that come with it, and then says so", async () => {
    const { trace, viewer } = await show(reader);
    const nothing = { liked: false, collected: false, disliked: false, blocked_author: false, following: false };
    expect(viewer).toEqual(nothing);
    expect((await send(reader, "liking", trace.liking)).status).toBe(202);
    const after = await show(reader);
    expect(after.viewer).toEqual({ ...nothing, liked: true });
    expect(after.like_count).toBe(1);
  });

  test("counts one click an hour, however often it is opened", async () => {
    const [first, second] = [await show(reader), await show(reader)];
    expect((await send(reader, "click", first.trace.click)).body.data).toMatchObject({ accepted: 1, duplicates: 0 });
    expect((await send(reader, "click", second.trace.click)).body.data).toMatchObject({ accepted: 0, duplicates: 1 });
  });

  test("gives a guest tokens of the guest's own, and nobody any", async () => {
    const { trace } = await show(guest);
    expect((await send(reader, "click", trace.click)).status).toBe(400);
    expect((await send(guest, "dislike", trace.click)).status).toBe(202);
    expect((await show(guest)).viewer.disliked).toBe(true);
    expect(await show(nobody)).not.toHaveProperty("trace");
  });
});
