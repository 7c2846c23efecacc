import { eventually } from "@headline/testkit";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { answered, startLoad, statuses } from "./load.js";
import { client, openWorld, type World } from "./open-world.js";

let world: World;

beforeAll(async () => {
  world = await openWorld();
  await world.addArticles(60);
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

const IN_FLIGHT_MAX = 10;

describe("many times the load that fits", () => {
  test("is shed with 503 and Retry-After, what is admitted is answered, and afterwards all of it is", async () => {
    const recommendation = await world.openRecommendation();
    const { proxy, recommenderAddress } = await world.recommenderProxy(recommendation);
    const gateway = await world.openGateway({ recommenderAddress, inFlightMax: IN_FLIGHT_MAX });
    const read = () => client(gateway).get("/articles?channel_id=101");
    await eventually(async () => expect((await read()).body.data.degraded).toBe(false));

    // Nothing comes back from the recommender: every place is taken until it does, whatever this machine is busy with.
    proxy.latency(2_000);
    const admitted = Array.from({ length: IN_FLIGHT_MAX }, read);
    const overload = startLoad(read, { clients: 2 * IN_FLIGHT_MAX, pauseMs: 45 });
    await eventually(() => expect(statuses(overload.shots)["503"] ?? 0).toBeGreaterThan(5 * IN_FLIGHT_MAX));
    proxy.latency(0);
    await answered(overload, IN_FLIGHT_MAX);
    const shots = await overload.stop();
    const refused = shots.filter(({ answer }) => answer?.status === 503);
    for (const { answer } of refused) {
      expect(answer?.headers.get("retry-after")).toBe("1");
      expect(answer?.body).toMatchObject({ code: "UNAVAILABLE" });
    }
    const { 200: served = 0, 503: shed = 0 } = statuses(shots);
    expect(served + shed).toBe(shots.length);
    for (const answer of await Promise.all(admitted)) expect([200, 503]).toContain(answer.status);

    await eventually(async () => {
      const answers = await Promise.all(Array.from({ length: IN_FLIGHT_MAX }, read));
      expect(answers.map(({ status, body }) => [status, body.data?.degraded])).toEqual(
        Array(IN_FLIGHT_MAX).fill([200, false]),
      );
    });
  });
});
