import { expect, test } from "@jest/globals";
import { bearer, client, eventually, openJobsOf, openWorld } from "./open-world.js";

/** Both faults at the same time: most of it is waiting. */
test("a job service that was started while Redis is away runs its jobs, and background tasks once it is back", async () => {
  await Promise.all((["refuse", "blackhole"] as const).map(startedWithout));
});

async function startedWithout(fault: "refuse" | "blackhole"): Promise<void> {
  await using world = await openWorld();
  const { proxy, redisUrl } = await world.redisProxy();
  await proxy[fault]();
  await using jobs = await openJobsOf(world, { redisUrl });
  const gateway = await world.openGateway({ recommenderAddress: "127.0.0.1:1" });
  const author = await world.addUser("author");
  const fan = await world.addUser("fan");
  await world.mysql.write("INSERT INTO follows (user_id, author_id, created_at) VALUES (?, ?, 1)", [fan, author]);

  const soon = { title: "later", content: "x", channel_id: 101, publish_at: Date.now() + 3_000 };
  const { body } = await client(gateway, await bearer(author)).post("/articles", soon);
  await eventually(
    async () => expect((await client(gateway).get(`/articles/${body.data.article_id}`)).status).toBe(200),
    { everyMs: 100 },
  );
  expect(await told()).toEqual([]);

  await proxy.listen();
  proxy.heal();
  await eventually(async () => expect(await told()).toEqual([{ user_id: String(fan) }]), {
    withinMs: 120_000, // BullMQ makes a link that was dead from its beginning anew after twenty seconds without a byte
    everyMs: 100,
  });
  expect((await fetch(`${jobs.url}/readyz`)).status).toBe(200);

  function told() {
    return world.mysql.query("SELECT user_id FROM notifications WHERE kind = 'new_article'");
  }
}
