import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { openMysql } from "@headline/mysql";
import { openJobStore } from "@headline/newsroom/jobs";
import { openRedis, waitForRedis } from "@headline/redis";
import { createLog } from "@headline/service/log";
import { eventually } from "@headline/testkit";
import { expect, test } from "@jest/globals";
import { Channels } from "../src/channels/channels.js";
import { StaticPages } from "../src/pages/static-pages.js";
import { startWithOrWithoutMysql } from "../src/start-without-mysql.js";
import { openWorld } from "./open-world.js";

/** A link whose server dies after so many packets of the client, until it is revived. */
async function dyingLink(mysqlUrl: string, packets: number) {
  const { searchParams, pathname } = new URL(mysqlUrl);
  const sockets = new Set<Socket>();
  let left = packets;
  const die = () => {
    for (const socket of sockets) socket.destroy();
  };
  const listener = createServer((near) => {
    const far = connect(searchParams.get("socketPath") ?? "");
    for (const socket of [near, far]) sockets.add(socket.on("error", () => undefined));
    if (left <= 0) die();
    near.on("data", (packet) => {
      far.write(packet);
      left -= 1;
      if (left <= 0) die();
    });
    far.on("data", (reply) => near.write(reply));
    near.once("close", () => far.destroy());
    far.once("close", () => near.destroy());
  });
  await once(listener.listen(0, "127.0.0.1"), "listening");
  return {
    url: `mysql://root@127.0.0.1:${(listener.address() as AddressInfo).port}${pathname}`,
    hasDied: () => left <= 0,
    revive: () => {
      left = Number.POSITIVE_INFINITY;
    },
    [Symbol.asyncDispose]: async () => {
      die();
      listener.close();
    },
  };
}

test("a gateway that starts while MySQL dies, at whichever packet, serves without it and is whole once it is back", async () => {
  await using world = await openWorld();
  const redis = openRedis(world.redis.url, { commandTimeoutMs: 5_000 });
  await waitForRedis(redis);
  const ignore = () => undefined;
  let deaths = 0;
  for (let packets = 1; ; packets += 1) {
    await using link = await dyingLink(world.mysqlUrl, packets);
    await using mysql = openMysql(link.url, { acquireTimeoutMs: 5_000, statementTimeoutMs: 5_000 });
    const parts = { mysql, redis, onRedisError: ignore, onError: ignore, onUnreadable: () => ignore };
    await using pages = new StaticPages(parts);
    const jobStore = openJobStore(link.url);
    const start = await startWithOrWithoutMysql({
      channels: new Channels(parts),
      pages,
      jobStore,
      hotLists: { start: async () => undefined, refresh: async () => undefined },
      log: createLog({ name: "test", level: "silent" }),
    });
    const isOver = !link.hasDied();
    deaths += isOver ? 0 : 1;
    link.revive();
    await eventually(() => expect(start.isWhole).toBe(true));
    await start[Symbol.asyncDispose]();
    await jobStore.close();
    if (isOver) break;
  }
  expect(deaths).toBeGreaterThan(5);
  redis.disconnect();
});
