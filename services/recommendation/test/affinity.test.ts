import { connectRecommender } from "@headline/recommender";
import type { Redis } from "@headline/redis";
import { eventually } from "@headline/testkit";
import { expect, test } from "@jest/globals";
import { articles, openWorld } from "./open-world.js";

const READERS = 20;
const REFRESHES = 8;

test("with three recommenders a refresh costs one Redis command, and no race is lost", async () => {
  await using world = await openWorld();
  await world.seed(articles(2_000));
  const servers = [await world.open(), await world.open(), await world.open()].map(({ server }) => server);
  const address = `ipv4:${servers.map((server) => server.address).join(",")}`;
  await using gateway = connectRecommender({ address, timeoutMs: 20_000 });

  let round = 0;
  const refreshAll = async () => {
    round += 1;
    const before = await commandsOf(world.keys);
    const pages = await Promise.all(
      Array.from({ length: READERS }, (_, at) => {
        const request = {
          userId: BigInt(5_000 + at),
          channelId: 0,
          articleNum: 10,
          timeStamp: BigInt(Date.now() + round),
        };
        return gateway.recommend(request);
      }),
    );
    expect(new Set(pages.map(({ mode }) => mode))).toEqual(new Set(["refresh"]));
    return (await commandsOf(world.keys)) - before;
  };
  // Streams find their recommenders one after the other, and each that comes moves its readers once.
  await eventually(
    async () => {
      for (let more = 0; more < REFRESHES; more += 1) expect(await refreshAll()).toBe(READERS);
    },
    { withinMs: 120_000 },
  );
});

/** Commands that reading and recording histories have cost this Redis so far. */
async function commandsOf(redis: Redis): Promise<number> {
  const stats = await redis.info("commandstats");
  const calls = [...stats.matchAll(/^cmdstat_(?:evalsha|eval|get|mget):calls=(\d+)/gm)];
  return calls.reduce((sum, [, count]) => sum + Number(count), 0);
}
