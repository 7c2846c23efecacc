import { eventually } from "@headline/testkit";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { startLoad, statuses, unhandledDuring } from "./load.js";
import { type Answer, client, openWorld, type World } from "./open-world.js";
import { startRecommendationProcess } from "./service-process.js";

let world: World;

beforeAll(async () => {
  world = await openWorld();
  await world.addArticles(60);
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

const isLive = (answer: Answer | undefined): boolean => answer?.body.data?.degraded === false;

describe("Redis and the recommendation service, killed at once under load", () => {
  test("every reader gets a full page, degraded meanwhile, and after their return the feed is live", async () => {
    await using recommendation = await startRecommendationProcess(world);
    const gateway = await world.openGateway({ recommenderAddress: recommendation.address });
    let turn = 0;
    const read = () => {
      turn += 1;
      const where = turn % 2 === 0 ? "channel_id=101" : `channel_id=0&timestamp=${Date.now()}`;
      return client(gateway, `Anony ${turn % 500}`).get(`/articles?${where}`);
    };
    const round = async () => {
      const load = startLoad(read, { pauseMs: 30 });
      await eventually(() => expect(load.shots.filter(({ answer }) => isLive(answer)).length).toBeGreaterThan(50));
      await Promise.all([world.redis.kill(), recommendation.kill()]);
      const killedAt = performance.now();
      await eventually(() => expect(load.since(killedAt).length).toBeGreaterThan(100));
      const meanwhile = load.since(killedAt);
      expect(meanwhile.filter(({ answer }) => isLive(answer))).toEqual([]);

      await world.redis.restart();
      await recommendation.restart();
      const backAt = performance.now();
      await eventually(() => {
        const latest = load.since(backAt).slice(-20);
        expect(latest.filter(({ answer }) => isLive(answer)).length).toBe(20);
      });
      const shots = await load.stop();
      const served = shots.filter(({ answer }) => answer?.status === 200 && answer.body.data.results.length === 10);
      expect(statuses(shots)).toEqual({ 200: shots.length });
      expect(served.length).toBe(shots.length);
    };
    expect(await unhandledDuring(round)).toEqual([]);
  });
});
