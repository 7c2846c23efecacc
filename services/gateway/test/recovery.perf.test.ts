import { eventually } from "@headline/testkit";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { answered, type Load, type Shot, startLoad } from "./load.js";
import { client, openWorld, type World } from "./open-world.js";
import { type RecommendationProcess, startRecommendationProcess } from "./service-process.js";

/** The product's own budgets, not the patience of the other tests. */
const PAGE_BUDGET_MS = 800;
const CLIENTS = 8;

let world: World;
let recommendation: RecommendationProcess;
let gateway: { url: string };

beforeAll(async () => {
  world = await openWorld();
  await world.addArticles(60);
  recommendation = await startRecommendationProcess(world);
  gateway = await world.openGateway({ recommenderAddress: recommendation.address, pageBudgetMs: PAGE_BUDGET_MS });
});
afterAll(async () => {
  await recommendation.kill();
  await world[Symbol.asyncDispose]();
});

const read = () => client(gateway).get("/articles?channel_id=101");
const isLive = ({ answer }: Shot) => answer?.body.data?.degraded === false;

/** The 99th percentile of how long an answer took, ms. */
function p99(shots: readonly Shot[]): number {
  const took = shots.map(({ tookMs }) => tookMs).sort((a, b) => a - b);
  return took[Math.floor(took.length * 0.99)] ?? 0;
}

async function live(load: Load): Promise<void> {
  await eventually(() => expect(load.shots.slice(-CLIENTS).map(isLive)).toEqual(Array(CLIENTS).fill(true)));
}

/** Time of a quiet gateway in this run, the base of every ratio. */
async function quiet(): Promise<{ p99Ms: number }> {
  const load = startLoad(read, { clients: CLIENTS });
  await live(load);
  await answered(load, 200);
  return { p99Ms: p99((await load.stop()).slice(-200)) };
}

describe("what a failure costs, as ratios of this run", () => {
  test.each([
    ["the recommender", () => recommendation],
    ["Redis", () => world.redis],
  ])("%s killed and started again", async (name, target) => {
    const { p99Ms } = await quiet();
    const load = startLoad(read, { clients: CLIENTS });
    await live(load);
    const killedAt = performance.now();
    await target().kill();
    await answered(load, 100);
    const restartAt = performance.now();
    await target().restart();
    const backAt = performance.now();
    await live(load);
    const recoveryMs = performance.now() - backAt;
    const shots = await load.stop();
    const meanwhile = p99(shots.filter(({ atMs }) => atMs >= killedAt && atMs < restartAt));
    console.log(
      `${name}: p99 ${p99Ms.toFixed(0)} ms quiet, ${meanwhile.toFixed(0)} ms without it (${(meanwhile / PAGE_BUDGET_MS).toFixed(2)} of the budget); ` +
        `live ${recoveryMs.toFixed(0)} ms after its return, which took ${(backAt - restartAt).toFixed(0)} ms`,
    );
    expect(shots.filter(({ answer }) => answer?.status !== 200)).toEqual([]);
    expect(meanwhile / PAGE_BUDGET_MS).toBeLessThan(1.25);
    expect(recoveryMs / PAGE_BUDGET_MS).toBeLessThan(2.5); // two seconds where the budget is the default
  });

  test("five times the load that fits", async () => {
    const fits = 10;
    const { proxy, recommenderAddress } = await world.recommenderProxy({
      port: Number(recommendation.address.split(":").at(-1)),
    });
    const small = await world.openGateway({ recommenderAddress, pageBudgetMs: PAGE_BUDGET_MS, inFlightMax: fits });
    const ask = () => client(small).get("/articles?channel_id=101");
    await eventually(async () => expect((await ask()).body.data.degraded).toBe(false));
    proxy.latency(25); // each way, so that places and not this machine's cores are the limit
    const goodputOf = async (clients: number) => {
      const load = startLoad(ask, { clients, pauseMs: 5 });
      const startedAt = performance.now();
      await answered(load, 40 * fits);
      const seconds = (performance.now() - startedAt) / 1_000;
      return (await load.stop()).filter(({ answer }) => answer?.status === 200).length / seconds;
    };
    const fitting = await goodputOf(fits);
    const overloaded = await goodputOf(5 * fits);
    console.log(`${fitting.toFixed(0)} pages/s when they fit, ${overloaded.toFixed(0)} of five times as many offered`);
    expect(overloaded / fitting).toBeGreaterThan(0.5);
  });
});
