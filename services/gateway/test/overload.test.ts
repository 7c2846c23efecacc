import { setTimeout } from "node:timers/promises";
import { eventually, inFull } from "@headline/testkit";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { inOneOfThree, type Shot, slowestMs, startLoad, statuses, untilPasses } from "./load.js";
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
const MEASURED_MS = inFull(1_000, 2_000);

describe("many times the load that fits", () => {
  test("is shed with 503 and Retry-After, what is let in is answered as before, and afterwards all is well at once", async () => {
    const recommendation = await world.openRecommendation();
    const { proxy, recommenderAddress } = await world.recommenderProxy(recommendation);
    const gateway = await world.openGateway({ recommenderAddress, inFlightMax: IN_FLIGHT_MAX });
    const read = () => client(gateway).get("/articles?channel_id=101");
    await eventually(async () => expect((await read()).body.data.degraded).toBe(false));
    proxy.latency(25); // each way: what fits is the recommender's to say, not this machine's

    await inOneOfThree(async (pace) => {
      const { peak, shots, goodput, refused } = await offered(read);
      const recoveredMs = await untilPasses(async () => expect(await isLive(read)).toBe(true));

      console.log(
        `${peak.length} pages when they fit; of ${shots.length} offered ${goodput.length} served and ${refused.length} refused; ` +
          `the slowest took ${Math.round(slowestMs(shots))} ms; well again after ${recoveredMs} ms`,
      );
      expect(statuses(shots)).toEqual({ 200: goodput.length, 503: refused.length });
      for (const { answer } of refused) {
        expect(answer?.headers.get("retry-after")).toBe("1");
        expect(answer?.body).toMatchObject({ code: "UNAVAILABLE" });
      }
      pace(() => expect(shots.length).toBeGreaterThan(2 * peak.length));
      pace(() => expect(refused.length).toBeGreaterThan(0));
      pace(() => expect(goodput.length).toBeGreaterThan(peak.length / 2));
      pace(() => expect(slowestMs(shots)).toBeLessThan(1_000));
      pace(() => expect(recoveredMs).toBeLessThan(2_000));
    });
  }, 60_000);
});

type Read = () => ReturnType<ReturnType<typeof client>["get"]>;

/** As much as fits, and then many times that. */
async function offered(read: Read) {
  const fitting = startLoad(read, { clients: IN_FLIGHT_MAX, pauseMs: 0 });
  await setTimeout(MEASURED_MS);
  const peak = pages(await fitting.stop());
  const overload = startLoad(read, { clients: 5 * IN_FLIGHT_MAX, pauseMs: 45 });
  await setTimeout(MEASURED_MS);
  const shots = await overload.stop();
  return { peak, shots, goodput: pages(shots), refused: shots.filter(({ answer }) => answer?.status === 503) };
}

const pages = (shots: readonly Shot[]) => shots.filter(({ answer }) => answer?.status === 200);

async function isLive(read: Read): Promise<boolean> {
  const answers = await Promise.all(Array.from({ length: IN_FLIGHT_MAX }, read));
  return answers.every(({ status, body }) => status === 200 && body.data.degraded === false);
}
