import { expect, test } from "@jest/globals";
import { bearer, client, openWorld } from "./open-world.js";

test("articles whose covers cannot be read cost themselves alone", async () => {
  await using world = await openWorld();
  const author = await world.addUser("alice");
  const broken = ["not json", "{}", '["a', "[1]", "null", ""];
  const ids = await world.addArticles(broken.length + 3, { authorId: author });
  for (const [at, cover] of broken.entries())
    await world.mysql.write("UPDATE articles SET cover = ? WHERE id = ?", [cover, ids[at] ?? 0n]);
  const { gateway } = await world.open();
  const reader = client(gateway);
  const feed = await reader.get("/articles?channel_id=101&per_page=10");
  expect(feed.status).toBe(200);
  const shown = feed.body.data.results.map(({ article_id }: { article_id: string }) => article_id);
  expect(shown.sort()).toEqual(ids.slice(broken.length).map(String).sort());
  expect((await reader.get(`/articles/${ids[0]}`)).status).toBe(404);
  expect((await reader.get(`/users/${author}/articles`)).status).toBe(200);
  const own = await client(gateway, await bearer(author)).get("/users/me/articles");
  expect([own.status, own.body.data.results.length]).toEqual([200, ids.length]);
});
