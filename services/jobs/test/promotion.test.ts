import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { bearer, type Client, client, eventually, openWorld, type World } from "./open-world.js";

let world: World;
let author: Client;
let paidFor: string;
let read: (channelId: number, guest: string) => Promise<{ article_id: string; reason: string }[]>;

beforeAll(async () => {
  world = await openWorld();
  const authorId = await world.addUser("author");
  for (let other = 1n; other <= 15n; other += 1n) await world.addArticles(4, { authorId: authorId + other });
  await world.addArticles(20, { authorId: authorId + 20n, channelId: 102 });
  [paidFor] = (await world.addArticles(1, { authorId })).map(String) as [string];
  // Old and without a reaction: nothing but the order brings it to the front.
  await world.mysql.write("UPDATE articles SET published_at = published_at - 864000000 WHERE id = ?", [paidFor]);
  const recommendation = await world.openRecommendation();
  const gateway = await world.openGateway({ recommenderAddress: recommendation.address });
  author = client(gateway, await bearer(authorId));
  read = async (channelId, guest) =>
    (await client(gateway, `Anony ${guest}`).get(`/articles?channel_id=${channelId}&per_page=10`)).body.data.results;
});

afterAll(async () => {
  await world?.[Symbol.asyncDispose]();
});

describe("an article that was paid for", () => {
  test("stands third in feeds of its channel and of all, says why, and comes once to each reader", async () => {
    expect((await read(101, "before")).map((item) => item.article_id)).not.toContain(paidFor);
    const { body } = await author.post("/orders", { article_id: paidFor });
    expect((await read(101, "unpaid")).map((item) => item.reason)).not.toContain("promoted");
    expect((await author.post(`/orders/${body.data.order_id}/payment`, {})).status).toBe(200);
    let guests = 0;
    await eventually(async () => {
      guests += 1;
      expect((await read(101, `fresh-${guests}`))[2]).toMatchObject({ article_id: paidFor, reason: "promoted" });
    });
    expect((await read(0, "of-all"))[2]).toMatchObject({ article_id: paidFor, reason: "promoted" });
    expect((await read(102, "elsewhere")).map((item) => item.article_id)).not.toContain(paidFor);
    expect((await read(101, "of-all")).map((item) => item.article_id)).not.toContain(paidFor);
  });

  test("is like any other once its time is over", async () => {
    await world.mysql.write("UPDATE orders SET promoted_until = promoted_from + 1");
    await world.mysql.write(
      "INSERT INTO changes (topic, subject_id, version, created_at) VALUES ('promotion', 1, 1, 1)",
    );
    let guests = 0;
    await eventually(async () => {
      guests += 1;
      expect((await read(101, `late-${guests}`)).map((item) => item.reason)).not.toContain("promoted");
    });
  });
});
