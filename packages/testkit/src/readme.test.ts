import { expect, test } from "@jest/globals";
import { Redis } from "ioredis";
import { eventually, openProxy, throwawayMysql, throwawayRedis, turnableClock } from "./index.js";

test("the README's example holds", async () => {
  await using mysql = await throwawayMysql();
  await using redis = await throwawayRedis({ tcp: true });
  await using proxy = await openProxy({ target: redis.target });
  const client = new Redis(proxy.port, { socketTimeout: 200, maxRetriesPerRequest: 0 });
  client.on("error", () => {}); // the command that was asked says it too
  await client.ping();
  proxy.blackhole();
  await expect(client.ping()).rejects.toThrow();
  proxy.heal();
  await eventually(async () => expect(await client.ping()).toBe("PONG"), { withinMs: 2_000 });
  client.disconnect();
  const clock = turnableClock(Date.parse("2024-02-29T00:00:00Z"));
  expect(new Date(clock.now()).getUTCDate()).toBe(29);
  expect(mysql.url).toMatch(/^mysql:\/\/root@localhost\/test_[0-9a-f]{12}\?socketPath=/);
});
