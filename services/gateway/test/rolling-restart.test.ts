import { eventually, hasTime, inFull, privateMysql } from "@headline/testkit";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { type Shot, startLoad } from "./load.js";
import { type Balancer, openBalancer } from "./open-balancer.js";
import { bearer, openWorld, type World } from "./open-world.js";
import { type ServiceProcess, startGatewayProcess, startRecommendationProcess } from "./service-process.js";

let world: World;
let alice: string;

beforeAll(async () => {
  world = await openWorld(privateMysql);
  alice = await bearer(await world.addUser("alice"));
  await world.addArticles(200);
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

/** Readers who refresh and page, and now and then an author. */
function readingAndWriting(balancer: Balancer) {
  let turn = 0;
  return async () => {
    turn += 1;
    const reader = { authorization: `Anony ${turn % 2_000}` };
    if (turn % 40 === 0) {
      const draft = { title: `draft ${turn}`, content: "x", channel_id: 102 };
      return balancer.send("POST", "/articles", { headers: { authorization: alice }, body: draft });
    }
    if (turn % 10 === 1) return balancer.send("GET", `/articles/${1 + (turn % 200)}`);
    if (turn % 10 === 2)
      return balancer.send("GET", `/articles?channel_id=0&timestamp=${Date.now()}`, { headers: reader });
    return balancer.send("GET", "/articles?channel_id=101", { headers: reader });
  };
}

/** Two of each service, each gateway in front of both recommendation services. */
async function openFleet() {
  const [first, second] = await Promise.all([startRecommendationProcess(world), startRecommendationProcess(world)]);
  const recommenderAddress = `ipv4:${first.address},${second.address}`;
  const env = { GRACE_MS: "3000" }; // on a busy machine the balancer notices /readyz late
  const gateways = await Promise.all([1, 2].map(() => startGatewayProcess(world, { recommenderAddress, env })));
  const recommendations = [first, second];
  return {
    recommendations,
    gateways,
    async [Symbol.asyncDispose]() {
      await Promise.all([...gateways, ...recommendations].map((service) => service.kill()));
    },
  };
}

type Fleet = Awaited<ReturnType<typeof openFleet>>;

describe("two gateways and two recommendation services", () => {
  test("restarted again and again: no request fails, every page is live, and no article is lost or doubled", async () => {
    await using fleet = await openFleet();
    await using balancer = await openBalancer(fleet.gateways);
    await rolled(fleet, balancer);
  });
});

/** Restarts all of them while readers read and authors write. */
async function rolled({ recommendations, gateways }: Fleet, balancer: Balancer): Promise<void> {
  const [newest] = await world.mysql.query<{ id: string }>("SELECT MAX(id) AS id FROM articles");
  const load = startLoad(readingAndWriting(balancer), { clients: 32, pauseMs: inFull(100, 15) });

  const restart = async (service: ServiceProcess) => {
    expect(await service.stop()).toBe(0);
    await service.restart();
    await balancer.allIn();
  };

  // With time, one after the other; then, as when two deployments roll side by side, one of each kind at a time.
  if (hasTime) for (const service of [...recommendations, ...gateways]) await restart(service);
  for (const [index, gateway] of gateways.entries())
    await Promise.all([restart(gateway), restart(recommendations[index] as ServiceProcess)]);

  await eventually(() => expect(load.shots.length).toBeGreaterThanOrEqual(inFull(1_000, 10_000)), {
    withinMs: 60_000,
  });
  const shots = await load.stop();
  const failed = shots.filter(({ answer }) => answer === undefined || answer.status > 201);
  expect(failed.slice(0, 5)).toEqual([]);
  await expectWritten(shots, newest?.id ?? "0");
}

/** An answer of 503 may have come after the commit. */
async function expectWritten(shots: readonly Shot[], afterId: string): Promise<void> {
  const unknown = shots.filter(({ answer }) => answer?.status === 503);
  const acknowledged = shots.filter(({ answer }) => answer?.status === 201);
  expect(acknowledged.length).toBeGreaterThan(10);
  const written = await world.mysql.query<{ id: string; title: string }>(
    "SELECT id, title FROM articles WHERE channel_id = 102 AND id > ?",
    [afterId],
  );
  const ids = new Set(written.map(({ id }) => String(id)));
  expect(acknowledged.filter(({ answer }) => !ids.has(answer?.body.data.article_id))).toEqual([]);
  expect(new Set(written.map(({ title }) => title)).size).toBe(written.length);
  expect(written.length).toBeLessThanOrEqual(acknowledged.length + unknown.length);
}
